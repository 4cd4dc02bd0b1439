// What may stand in the middle instead of a queue. A further panel is one component and one entry here.
import { defineAsyncComponent, type Component } from 'vue';
import { promisesNear } from '../state/board';
import { breakCount } from '../state/breaks';
import { overdueCount } from '../state/consultations';
import { underWay } from '../state/orders';
import { appealsWaiting, permitsWaiting } from '../state/waiting';
import type { Viewer } from '../types';

export interface Panel {
  key: string;
  zh: string;
  en: string;
  isFor(viewer: Viewer): boolean;
  component: Component;
  /** Takes the place of the case as well: what it shows is no case. */
  isWide?: boolean;
  /** How many things wait in it; shown where it is known. */
  count?(): number | undefined;
}

const hasPlace = ({ division }: Viewer) => division != null;

export const PANELS: readonly Panel[] = [
  {
    key: 'breaks', zh: '断环', en: 'Loop breaks',
    isFor: () => true,
    component: defineAsyncComponent(() => import('./BreaksPanel.vue')),
    count: () => breakCount.value,
  },
  {
    key: 'commitments', zh: '承诺', en: 'Commitments',
    isFor: () => true,
    component: defineAsyncComponent(() => import('./CommitmentsPanel.vue')),
    count: () => promisesNear.value,
  },
  {
    key: 'appeals', zh: '申诉', en: 'Appeals',
    isFor: () => true,
    component: defineAsyncComponent(() => import('./AppealsPanel.vue')),
    count: () => appealsWaiting.value,
  },
  {
    key: 'orders', zh: '指挥令', en: 'Orders', isWide: true,
    isFor: () => true,
    component: defineAsyncComponent(() => import('./OrdersPanel.vue')),
    count: () => underWay.value.length,
  },
  {
    key: 'directives', zh: '指令', en: 'Directives', isWide: true,
    isFor: () => true,
    component: defineAsyncComponent(() => import('./DirectivesPanel.vue')),
  },
  {
    key: 'permits', zh: '准入', en: 'Permits', isWide: true,
    isFor: () => true,
    component: defineAsyncComponent(() => import('./PermitsPanel.vue')),
    count: () => permitsWaiting.value,
  },
  {
    key: 'staffing', zh: '网格缺员', en: 'Staffing', isWide: true,
    isFor: hasPlace,
    component: defineAsyncComponent(() => import('./StaffingPanel.vue')),
  },
  {
    key: 'consultations', zh: '议事', en: 'Consultations', isWide: true,
    isFor: hasPlace,
    component: defineAsyncComponent(() => import('./ConsultationsPanel.vue')),
    count: () => overdueCount.value,
  },
  {
    key: 'costs', zh: '费用', en: 'Costs', isWide: true,
    isFor: (viewer) => hasPlace(viewer) || viewer.roles.includes('HANDLER'),
    component: defineAsyncComponent(() => import('./CostsPanel.vue')),
  },
  {
    key: 'handover', zh: '交接班', en: 'Handover',
    isFor: hasPlace,
    component: defineAsyncComponent(() => import('./HandoverPanel.vue')),
  },
];

export const panelOf = (key: string): Panel | undefined => PANELS.find((one) => one.key === key);
