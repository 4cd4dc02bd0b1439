import { existsSync, readdirSync } from 'node:fs';
import type { CodegenConfig } from '@graphql-codegen/cli';

/** A folder with documents is a screen. */
const screens = readdirSync('.').filter((name) => existsSync(`${name}/src/documents`));

const screen = (name: string): CodegenConfig['generates'] => ({
  [`${name}/src/generated/`]: {
    documents: `${name}/src/documents/*.graphql`,
    preset: 'client',
    presetConfig: { fragmentMasking: false },
    config: {
      documentMode: 'string',
      enumsAsTypes: true,
      useTypeImports: true,
      strictScalars: true,
      scalars: { DateTime: 'string', Date: 'string', EventCursor: 'string', PageCursor: 'string', Cents: 'string' },
    },
  },
});

const config: CodegenConfig = {
  schema: '../schema/schema.graphql',
  generates: Object.assign({}, ...screens.map(screen)) as CodegenConfig['generates'],
};

export default config;
