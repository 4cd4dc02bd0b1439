// The cases and the newest events a wall holds. Bounded; redrawn at most ten times a second.
import { computed, shallowRef } from 'vue';
import { applyCaseEvent, snapshot, type Bound, type CasesState } from '@client/reducer';
import type { Case, Event } from '../types';
import { headline, nearPlaceOf } from '@shared/cases';
import { now } from '@shared/time';

export interface TickerRow {
  key: string;
  at: string;
  number: string;
  title: string;
  place: string;
  action: string | null;
  state: Case['state'];
  isUrgent: boolean;
  isOverdue: boolean;
}

const TICKER_ROWS = 60;
const REDRAW_MS = 100;
const FINISHED_STAYS_MS = 10 * 60_000; // an accepted result is shown this long after its case closed

/** Open and pressing cases stay; of the rest the most recently changed. */
const bound: Bound<Case> = {
  limit: 300,
  rank: (one) =>
    Date.parse(one.updatedAt) + (one.isOpen && (one.priority === 'URGENT' || one.isOutsourced) ? 1e13 : 0),
};

let held: CasesState<Case> = snapshot<Case>('', [], bound);
let rows: TickerRow[] = [];
let redraw: ReturnType<typeof setTimeout> | undefined;

const cases = shallowRef<readonly Case[]>([]);
export const ticker = shallowRef<readonly TickerRow[]>([]);

const draw = () => {
  redraw = undefined;
  cases.value = [...held.cases.values()];
  ticker.value = rows;
};

const tickerRow = (one: Case, key: string, at: string, action: string | null): TickerRow => ({
  key,
  at,
  number: one.number,
  title: headline(one),
  place: nearPlaceOf(one),
  action,
  state: one.state,
  isUrgent: one.priority === 'URGENT',
  isOverdue: one.isOverdue,
});

export function startFrom(cursor: string, list: readonly Case[]): void {
  held = snapshot(cursor, list, bound);
  rows = [...held.cases.values()]
    .sort((a, b) => (a.updatedAt < b.updatedAt ? 1 : -1))
    .slice(0, TICKER_ROWS)
    .map((one) => tickerRow(one, `${one.id}@${one.version}`, one.updatedAt, null));
  draw();
}

/** What the case was before the event, where it was held. */
export function take(event: Event): Case | undefined {
  const before = event.caseId ? held.cases.get(event.caseId) : undefined;
  held = applyCaseEvent(held, event, bound);
  if (event.case) rows = [tickerRow(event.case, event.seq, event.at, event.action ?? null), ...rows].slice(0, TICKER_ROWS);
  redraw ??= setTimeout(draw, REDRAW_MS);
  return before;
}

export const position = () => held.cursor;

/** Reported handled: the danger is over, and what is left is not for the urgent cards. */
const isHandled = (one: Case) => one.stage === 'FEEDBACK' || one.stage === 'CHECK_AND_CLOSURE';

/** First what nobody works on, then by deadline: the longest overdue, no deadline yet, the nearest. */
export const urgent = computed(() => {
  const due = (one: Case) => (one.dueAt == null ? now.value : Date.parse(one.dueAt));
  return cases.value
    .filter((one) => one.isOpen && one.priority === 'URGENT' && !isHandled(one))
    .sort(
      (a, b) =>
        Number(a.responsibleUnit != null) - Number(b.responsibleUnit != null) ||
        due(a) - due(b) ||
        (a.submittedAt < b.submittedAt ? 1 : -1),
    );
});

export const outsourced = computed(() => {
  const oldest = now.value - FINISHED_STAYS_MS;
  return cases.value
    .filter((one) => one.workOrders.length > 0 && (one.isOpen || Date.parse(one.updatedAt) > oldest))
    .sort((a, b) => (a.updatedAt < b.updatedAt ? 1 : -1));
});
