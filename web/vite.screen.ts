// How every screen is built and served while developing; a screen's own config names its folder.
import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import type { UserConfig } from 'vite';

export const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const server = process.env.GRIDCAST_URL ?? 'http://127.0.0.1:8000';

export const alias = { '@client': path('./client'), '@shared': path('./shared') };

/** `isKept`: the browser keeps the page, so that it opens without a line (`shared/offline.ts`). */
export const screen = (name: string, { isKept = false } = {}): UserConfig => ({
  root: path(name),
  base: `/${name}/`,
  publicDir: isKept ? path('./shared/offline') : false,
  plugins: [vue()],
  resolve: { alias },
  build: {
    target: 'chrome87', // old Chromium of government desks and video-wall boxes
    outDir: path(`./static/${name}`),
    emptyOutDir: true,
    chunkSizeWarningLimit: 600, // ECharts on the wall, loaded after everything else
  },
  server: {
    proxy: {
      '/graphql': { target: server, ws: true, changeOrigin: false },
      '/dev': { target: server },
      '/files': { target: server },
    },
  },
});
