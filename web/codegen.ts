import type { CodegenConfig } from '@graphql-codegen/cli';

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
      scalars: { DateTime: 'string', Date: 'string', EventCursor: 'string', PageCursor: 'string' },
    },
  },
});

const config: CodegenConfig = {
  schema: '../schema/schema.graphql',
  generates: { ...screen('wall'), ...screen('desk') },
};

export default config;
