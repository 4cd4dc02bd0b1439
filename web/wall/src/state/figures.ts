// The figures of the division in focus: now, and day by day for comparison.
import { computed, shallowRef } from 'vue';
import type { Transport } from '@client/transport';
import { FiguresOfDayDocument, FiguresOfDocument, StageOverdueDocument, type FiguresOfDayQuery } from '../generated/graphql';
import type { Figures, Stage } from '../types';
import { isoDay, serverNow } from '@shared/time';

export type DayFigures = NonNullable<FiguresOfDayQuery['metrics']> & { day: string };

export const DAYS = 14;
const DAY_MS = 86_400_000;
const PAUSE_MS = 15_000; // between two counts of overdue cases by link: six counts, not needed faster

export const figures = shallowRef<Figures | null>(null);
export const days = shallowRef<readonly DayFigures[]>([]);
/** The day before the figures' own; null until it is loaded, so that nothing is compared with an older one. */
export const yesterday = computed(() => {
  const asOf = figures.value?.asOf;
  const day = asOf ? isoDay(Date.parse(asOf) - DAY_MS) : null;
  return days.value.find((one) => one.day === day) ?? null;
});
export const overdueByStage = shallowRef<Readonly<Partial<Record<Stage, number>>>>({});

export async function loadFigures(transport: Transport, division: string): Promise<Figures | null> {
  return (await transport.query(FiguresOfDocument, { division })).metrics ?? null;
}

/** The thirteen days before today. They no longer change, so one round a day is enough. */
export async function loadDays(transport: Transport, division: string, isCurrent: () => boolean): Promise<void> {
  const loaded: DayFigures[] = [];
  for (let back = DAYS - 1; back >= 1 && isCurrent(); back--) {
    const day = isoDay(serverNow() - back * DAY_MS);
    const { metrics } = await transport.query(FiguresOfDayDocument, { division, day });
    if (metrics) loaded.push({ ...metrics, day });
  }
  if (isCurrent()) days.value = loaded;
}

let counted = 0;
let countedFor = '';

export async function countOverdue(transport: Transport, division: string, isCurrent: () => boolean): Promise<void> {
  if (countedFor === division && Date.now() - counted < PAUSE_MS) return;
  counted = Date.now();
  countedFor = division;
  const answer = await transport.query(StageOverdueDocument, { divisions: [division] });
  if (!isCurrent()) return;
  const { INTAKE, REGISTRATION, DISPATCH, HANDLING, FEEDBACK, CHECK_AND_CLOSURE } = answer;
  const counts = { INTAKE, REGISTRATION, DISPATCH, HANDLING, FEEDBACK, CHECK_AND_CLOSURE };
  overdueByStage.value = Object.fromEntries(Object.entries(counts).map(([stage, list]) => [stage, list.totalCount]));
}
