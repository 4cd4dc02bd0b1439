import { defineConfig } from 'vite';
import { path } from '../vite.screen';

// The client to carry away, with its words and forms beside it: modules, and the same for mini-programs, which load with `require`.
// Their types are written by scripts/bundle.mjs.
export default defineConfig({
  build: {
    target: 'es2017', // the oldest machine a mini-program runs on
    lib: {
      entry: { gridcast: path('./client/index.ts'), labels: path('./client/labels.ts'), forms: path('./client/forms.ts') },
      formats: ['es', 'cjs'],
      fileName: (format, name) => `${name}.${format === 'es' ? 'mjs' : 'cjs'}`,
    },
    outDir: path('./static/client'),
    emptyOutDir: true,
    minify: false,
  },
});
