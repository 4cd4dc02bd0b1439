import { defineConfig } from 'vite';
import { screen } from '../vite.screen';

export default defineConfig(screen('worker', { isKept: true }));
