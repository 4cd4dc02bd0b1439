import { fileURLToPath } from 'node:url';
import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));
const server = process.env.GRIDCAST_URL ?? 'http://127.0.0.1:8000';

export default defineConfig({
  root: path('.'),
  base: '/wall/',
  plugins: [vue()],
  resolve: { alias: { '@client': path('../client') } },
  build: {
    target: 'chrome87', // old Chromium of government desks and video-wall boxes
    outDir: path('../static/wall'),
    emptyOutDir: true,
    chunkSizeWarningLimit: 600, // ECharts, loaded after everything else
  },
  server: {
    proxy: { '/graphql': { target: server, ws: true, changeOrigin: false }, '/dev': { target: server } },
  },
});
