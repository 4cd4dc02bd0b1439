import { defineConfig } from 'vite';
import { path } from '../vite.screen';

// The client as two files to carry away: a module, and one for mini-programs, which load with `require`.
export default defineConfig({
  build: {
    target: 'es2017', // the oldest machine a mini-program runs on
    lib: { entry: path('./client/index.ts'), formats: ['es', 'cjs'], fileName: (format) => (format === 'es' ? 'gridcast.mjs' : 'gridcast.cjs') },
    outDir: path('./static/client'),
    emptyOutDir: true,
    minify: false,
  },
});
