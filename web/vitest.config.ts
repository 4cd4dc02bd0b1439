import { defineConfig } from 'vitest/config';
import { alias } from './vite.screen';

export default defineConfig({
  resolve: { alias },
  test: { include: ['*/**/*.test.ts'], exclude: ['node_modules/**', 'static/**'] },
});
