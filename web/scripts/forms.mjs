// Writes client/forms.ts from the mutations of the contract: what each one asks for, so that a screen can draw its form
// and an action that is added tomorrow has one at once.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { buildSchema, getNamedType, getNullableType, isEnumType, isInputObjectType, isListType, isNonNullType } from 'graphql';

const contract = new URL('../../schema/schema.graphql', import.meta.url);
const target = new URL('../client/forms.ts', import.meta.url);
const schema = buildSchema(readFileSync(contract, 'utf8'));

const most = (description) => {
  const [, number] = /at most ([\d,]+)/i.exec(description ?? '') ?? [];
  return number ? Number(number.replace(',', '')) : null;
};

const field = ({ name, type, defaultValue, description }) => {
  const named = getNamedType(type);
  return {
    name,
    type: named.name,
    kind: isEnumType(named) ? 'enum' : isInputObjectType(named) ? 'input' : 'scalar',
    isRequired: isNonNullType(type) && defaultValue === undefined,
    isList: isListType(getNullableType(type)),
    most: most(description),
    english: description ?? '',
    fields: isInputObjectType(named) ? Object.values(named.getFields()).map(field) : [],
  };
};

const form = ({ name, args, type, description }) => {
  const [input] = args;
  const payload = getNamedType(type).getFields();
  const [zh, en = ''] = (description ?? name).split(': ');
  return {
    mutation: name,
    input: getNamedType(input.type).name,
    zh,
    en,
    answersCase: payload.case !== undefined && getNamedType(payload.case.type).name === 'Case',
    fields: Object.values(getNamedType(input.type).getFields()).map(field),
  };
};

const mutations = Object.values(schema.getMutationType().getFields()).filter(
  ({ args }) => args.length === 1 && isInputObjectType(getNamedType(args[0].type)),
);

const text = `// Generated from schema/schema.graphql by scripts/forms.mjs. Do not edit.
export interface Field {
  name: string;
  /** Name of the scalar, enum or input type. */
  type: string;
  kind: 'scalar' | 'enum' | 'input';
  isRequired: boolean;
  isList: boolean;
  /** Characters of a text, entries of a list; null where the contract names no limit. */
  most: number | null;
  english: string;
  /** Of an input type. */
  fields: readonly Field[];
}

export interface Form {
  mutation: string;
  input: string;
  zh: string;
  en: string;
  /** Whether the payload holds the case as it is afterwards. */
  answersCase: boolean;
  fields: readonly Field[];
}

export const forms: Readonly<Record<string, Form>> = {
${mutations.map((one) => `  ${one.name}: ${JSON.stringify(form(one))},`).join('\n')}
};
`;

// Left alone when nothing changed: a build tool that looks at times then has nothing to do.
if (!existsSync(target) || readFileSync(target, 'utf8') !== text) writeFileSync(target, text);
