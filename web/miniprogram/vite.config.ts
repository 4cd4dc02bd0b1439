import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { defineConfig, type Plugin } from 'vite';
import { alias, path } from '../vite.screen';

// The mini-program as WeChat's own tools want it: a folder with WXML, WXSS, JSON and CommonJS of ES2017. No npm build.
const SOURCE = path('./miniprogram/src');
const filesIn = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const one = join(folder, name);
    return statSync(one).isDirectory() ? filesIn(one) : [one];
  });
const files = filesIn(SOURCE).map((one) => relative(SOURCE, one));
/** A script beside a WXML file is a page or a part; `app.ts` is the mini-program itself. The rest comes in by `import`. */
const scripts = files.filter((one) => one === 'app.ts' || (one.endsWith('.ts') && files.includes(one.replace(/ts$/, 'wxml'))));

const asTheyAre = (): Plugin => ({
  name: 'as-they-are',
  generateBundle() {
    for (const fileName of files.filter((one) => !one.endsWith('.ts'))) {
      this.emitFile({ type: 'asset', fileName, source: readFileSync(join(SOURCE, fileName)) });
    }
    // Node takes a .js file for what the nearest package.json says; WeChat does not care.
    this.emitFile({ type: 'asset', fileName: 'package.json', source: '{ "private": true, "type": "commonjs" }\n' });
  },
});

export default defineConfig({
  publicDir: false,
  resolve: { alias: { ...alias, '@core': path('./resident/src/core'), '@documents': path('./resident/src/generated/graphql.ts') } },
  define: { __ORIGIN__: JSON.stringify(process.env.GRIDCAST_ORIGIN ?? 'http://127.0.0.1:8000') },
  plugins: [asTheyAre()],
  build: {
    target: 'es2017', // the oldest machine a mini-program runs on
    lib: { entry: Object.fromEntries(scripts.map((one) => [one.replace(/\.ts$/, ''), join(SOURCE, one)])), formats: ['cjs'], fileName: (_format, name) => `${name}.js` },
    rollupOptions: { output: { chunkFileNames: 'lib/[name].js', codeSplitting: { groups: [{ name: 'shared', test: /[\\/](client|core|lib|generated|node_modules)[\\/]/ }] } } },
    outDir: path('./static/miniprogram'),
    emptyOutDir: true,
    minify: false,
  },
});
