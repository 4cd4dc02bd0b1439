// What may stand in the middle instead of a queue. A further panel is one component and one entry here.
import { defineAsyncComponent, type Component } from 'vue';
import type { Viewer } from '../types';

export interface Panel {
  key: string;
  zh: string;
  en: string;
  isFor(viewer: Viewer): boolean;
  component: Component;
}

export const PANELS: readonly Panel[] = [
  {
    key: 'handover', zh: '交接班', en: 'Handover',
    isFor: ({ division }) => division != null,
    component: defineAsyncComponent(() => import('./HandoverPanel.vue')),
  },
];

export const panelOf = (key: string): Panel | undefined => PANELS.find((one) => one.key === key);
