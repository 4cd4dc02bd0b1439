import { defineConfig } from 'vitest/config';
import { alias, path } from './vite.screen';

export default defineConfig({
  resolve: { alias: { ...alias, '@core': path('./resident/src/core') } }, // as the mini-program names it
  test: { include: ['*/**/*.test.ts'], exclude: ['node_modules/**', 'static/**'] },
});
