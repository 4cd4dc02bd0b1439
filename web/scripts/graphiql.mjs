// Copies GraphiQL from the installed packages into static/graphiql: no CDN, no bundler.
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const target = here('static/graphiql');

const files = {
  'graphiql/index.html': 'index.html',
  'graphiql/graphiql.js': 'start.js',
  'graphiql/graphiql.css': 'page.css',
  'node_modules/react/umd/react.production.min.js': 'react.js',
  'node_modules/react-dom/umd/react-dom.production.min.js': 'react-dom.js',
  'node_modules/js-cookie/dist/js.cookie.min.js': 'js-cookie.js',
  'node_modules/graphiql/graphiql.min.js': 'graphiql.js',
  'node_modules/graphiql/graphiql.min.css': 'graphiql.css',
  'node_modules/@graphiql/plugin-explorer/dist/index.umd.js': 'explorer.js',
  'node_modules/@graphiql/plugin-explorer/dist/style.css': 'explorer.css',
};

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
for (const [from, to] of Object.entries(files)) copyFileSync(here(from), `${target}/${to}`);
