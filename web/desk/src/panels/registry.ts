// What may stand in the middle instead of a queue. A further panel is one component and one entry here.
import { defineAsyncComponent, type Component } from 'vue';
import { breakCount } from '../state/breaks';
import type { Viewer } from '../types';

export interface Panel {
  key: string;
  zh: string;
  en: string;
  isFor(viewer: Viewer): boolean;
  component: Component;
  /** How many things wait in it; shown where it is known. */
  count?(): number;
}

export const PANELS: readonly Panel[] = [
  {
    key: 'breaks', zh: '断环', en: 'Loop breaks',
    isFor: () => true,
    component: defineAsyncComponent(() => import('./BreaksPanel.vue')),
    count: () => breakCount.value,
  },
  {
    key: 'handover', zh: '交接班', en: 'Handover',
    isFor: ({ division }) => division != null,
    component: defineAsyncComponent(() => import('./HandoverPanel.vue')),
  },
];

export const panelOf = (key: string): Panel | undefined => PANELS.find((one) => one.key === key);
