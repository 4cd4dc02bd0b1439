// Builds every screen, that is every folder with a vite.config.ts, and the client by itself: a package to carry away, with its types.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';

const folder = new URL('..', import.meta.url);

function run(...command) {
  const { status } = spawnSync('npx', command, { cwd: folder, stdio: 'inherit' });
  if (status) process.exit(status);
}

const entry = (file, source) => ({ types: `./types/${source}.d.ts`, import: `./${file}.mjs`, require: `./${file}.cjs` });

for (const name of readdirSync(folder).filter((one) => existsSync(new URL(`${one}/vite.config.ts`, folder)))) {
  run('vite', 'build', '--config', `${name}/vite.config.ts`);
}
run('tsc', '--project', 'client');
const carried = {
  name: 'gridcast',
  version: '0.1.0',
  license: 'Apache-2.0',
  exports: { '.': entry('gridcast', 'index'), './labels': entry('labels', 'labels'), './forms': entry('forms', 'forms') },
};
writeFileSync(new URL('static/client/package.json', folder), `${JSON.stringify(carried, null, 2)}\n`);
