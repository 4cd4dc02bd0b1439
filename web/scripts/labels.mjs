// Writes client/labels.ts from the enum values of the contract, so that no word is written twice.
// A value is described as "中文 · English sentence."
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Kind, parse } from 'graphql';

const contract = new URL('../../schema/schema.graphql', import.meta.url);
const target = new URL('../client/labels.ts', import.meta.url);

const enums = parse(readFileSync(contract, 'utf8')).definitions.filter(
  (definition) => definition.kind === Kind.ENUM_TYPE_DEFINITION,
);

const label = (value) => {
  const [zh, en = ''] = (value.description?.value ?? value.name.value).split(' · ');
  return `    ${value.name.value}: { zh: ${JSON.stringify(zh.trim())}, en: ${JSON.stringify(en.trim())} },`;
};

const block = (definition) =>
  `  ${definition.name.value}: {\n${definition.values.map(label).join('\n')}\n  },`;

const text = `// Generated from schema/schema.graphql by scripts/labels.mjs. Do not edit.
export const labels = {
${enums.map(block).join('\n')}
} as const;

export type Labelled = keyof typeof labels;

/** The Chinese word for an enum value; the value itself where this build does not know it yet. */
export function zh(type: Labelled, value: string | null | undefined): string {
  if (value == null) return '';
  const words = labels[type] as Record<string, { zh: string; en: string }>;
  return words[value]?.zh ?? value;
}
`;

// Left alone when nothing changed: a build tool that looks at times then has nothing to do.
if (!existsSync(target) || readFileSync(target, 'utf8') !== text) writeFileSync(target, text);
