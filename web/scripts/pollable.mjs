// Writes client/pollable.ts: which streams of the contract may be asked for page by page.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { buildSchema, getNamedType, isObjectType } from 'graphql';

const contract = new URL('../../schema/schema.graphql', import.meta.url);
const target = new URL('../client/pollable.ts', import.meta.url);
const schema = buildSchema(readFileSync(contract, 'utf8'));
const queries = schema.getQueryType().getFields();

const isPage = (type) => isObjectType(type) && ['events', 'cursor', 'hasMore'].every((name) => type.getFields()[name]);
const names = Object.keys(schema.getSubscriptionType().getFields()).filter(
  (name) => queries[name] && isPage(getNamedType(queries[name].type)),
);

const text = `// Generated from schema/schema.graphql by scripts/pollable.mjs. Do not edit.
export const pollable: readonly string[] = ${JSON.stringify(names)};
`;

// Left alone when nothing changed: a build tool that looks at times then has nothing to do.
if (!existsSync(target) || readFileSync(target, 'utf8') !== text) writeFileSync(target, text);
