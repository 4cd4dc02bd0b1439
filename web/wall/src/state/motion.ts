// Dots on the rail of the ring: one per event, a few at a time, none when motion is not wanted.
import { shallowRef } from 'vue';
import type { Case, Event, Stage } from '../types';
import { STAGES } from './stages';

export interface Dot {
  key: string;
  from: number | null;
  to: number;
  isUrgent: boolean;
}

const AT_ONCE = 8; // a storm of events shows as eight dots and growing arcs, not as a swarm
export const TRAVEL_MS = 1_400;
export const dots = shallowRef<readonly Dot[]>([]);

const linkOf = (one: Case | undefined): Stage | null => (one ? (one.stage ?? (one.isOpen ? null : 'EVALUATION')) : null);

export function travel(event: Event, before: Case | undefined): void {
  const stage = linkOf(event.case ?? undefined);
  if (!stage || dots.value.length >= AT_ONCE || document.hidden) return;
  const to = STAGES.indexOf(stage);
  const from = before ? STAGES.indexOf(linkOf(before) ?? stage) : event.kind === 'SUBMITTED' ? null : to;
  const dot = { key: event.seq, from, to, isUrgent: event.case?.priority === 'URGENT' };
  dots.value = [...dots.value, dot];
  setTimeout(() => (dots.value = dots.value.filter((one) => one !== dot)), TRAVEL_MS + 400);
}
