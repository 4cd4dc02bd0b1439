import { defineConfig } from 'vitest/config';
import { alias } from './vite.screen';

export default defineConfig({
  resolve: { alias },
  test: { include: ['client/**/*.test.ts', 'shared/**/*.test.ts', 'wall/src/**/*.test.ts', 'desk/src/**/*.test.ts'] },
});
