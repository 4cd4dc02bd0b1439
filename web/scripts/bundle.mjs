// Builds every screen, that is every folder with a vite.config.ts, and the client by itself.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';

const folder = new URL('..', import.meta.url);
for (const name of readdirSync(folder).filter((one) => existsSync(new URL(`${one}/vite.config.ts`, folder)))) {
  const { status } = spawnSync('npx', ['vite', 'build', '--config', `${name}/vite.config.ts`], { cwd: folder, stdio: 'inherit' });
  if (status) process.exit(status);
}
