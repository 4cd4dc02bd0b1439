// The board of a desk: every open case of the viewer's scope, by pages at first and by events from then on.
import { followCases } from '@client/follow';
import { backoff } from '@client/live';
import { eventArrived, resynced } from '@shared/link';
import { now, serverNow } from '@shared/time';
import { computed, reactive, shallowRef, watch } from 'vue';
import { OpenRowsDocument, CaseEventsDocument, type OpenRowsQuery, type CaseEventsSubscriptionVariables } from '../generated/graphql';
import type { CaseFilter, Event, Row } from '../types';
import { pressureOf } from '@shared/clocks';
import { countAll, QUEUES } from './queues';
import { failed, live, pause, transport, trouble } from './server';
import { Rows } from '@shared/rows';

const PAGE = 100;
const LIMIT = 10_000; // rows held; beyond them lists are read page by page as somebody looks
const REDRAW_MS = 150;
const COUNT_MS = 5_000; // a queue turns near due or overdue by itself this late at most

type Resumable = CaseEventsSubscriptionVariables & { after?: string | null };
type Page = OpenRowsQuery['cases'];

let held = new Rows<Row>();
let turn = 0;
let stopFollowing: () => void = () => undefined;
let redraw: ReturnType<typeof setTimeout> | undefined;

export const rows = shallowRef<readonly Row[]>([]);
export const filling = reactive({ isFull: false, isPartial: false, readAt: null as string | null });
const listeners = new Set<(event: Event) => void>();

/** Time as far as queues are concerned: rougher than the clock on the screen, or all rows were sorted every second. */
export const roughNow = shallowRef(now.value);
watch(now, (at) => {
  if (at - roughNow.value >= COUNT_MS || at < roughNow.value) roughNow.value = at;
});
/** Promises that wait to be kept, the next to fall due first. */
export const promised = computed(() =>
  rows.value
    .flatMap((row) => row.running.filter(({ kind }) => kind === 'COMMITMENT').map((clock) => ({ row, clock })))
    .sort((a, b) => (a.clock.dueAt < b.clock.dueAt ? -1 : 1)),
);
export const promisesNear = computed(() => promised.value.filter(({ clock }) => pressureOf(clock, roughNow.value) !== 'calm').length);
export const counts = computed(() => countAll(rows.value, roughNow.value));

const draw = () => {
  redraw = undefined;
  rows.value = held.all();
};
const drawSoon = () => (redraw ??= setTimeout(draw, REDRAW_MS));

export const rowOf = (id: string) => held.get(id);
export const onEvent = (act: (event: Event) => void) => listeners.add(act);

/** What this desk itself has just changed: shown at once, the event that follows tells nothing new. */
export function takeRow(row: Row): void {
  held.take(row);
  draw();
}

/** Reads everything anew and follows it; what was shown stays until the new board is complete. */
export function openBoard(onResync: () => void): void {
  const mine = ++turn;
  const isOver = () => mine !== turn;
  const fresh = new Rows<Row>();
  const isFirst = rows.value.length === 0;
  if (isFirst) held = fresh;
  filling.isFull = false;
  stopFollowing();
  void fill(fresh, isOver, onResync).then(() => {
    if (isOver()) return;
    held = fresh;
    filling.isFull = true;
    filling.readAt = new Date(serverNow()).toISOString();
    draw();
  });
}

async function fill(fresh: Rows<Row>, isOver: () => boolean, onResync: () => void): Promise<void> {
  const all: CaseFilter = { isOpen: true };
  let page = await insist(all, null, isOver);
  if (!page) return;
  follow(fresh, page.cursor, onResync);
  take(fresh, page);
  for (const { filter } of QUEUES.slice(0, 2)) {
    const pressing = filter && (await insist(filter, null, isOver)); // first what presses: it may be the oldest
    if (pressing) take(fresh, pressing);
  }
  while (page?.pageInfo.hasNextPage && fresh.size < LIMIT && !isOver()) {
    page = await insist(all, page.pageInfo.endCursor ?? null, isOver);
    if (page) take(fresh, page);
  }
  filling.isPartial = page?.pageInfo.hasNextPage ?? false;
}

async function insist(filter: CaseFilter, after: string | null, isOver: () => boolean): Promise<Page | null> {
  for (let attempt = 0; !isOver(); attempt++) {
    try {
      const { cases } = await transport.query(OpenRowsDocument, { filter, first: PAGE, after });
      trouble.value = null;
      return isOver() ? null : cases;
    } catch (error) {
      failed(error);
      await pause(backoff(attempt));
    }
  }
  return null;
}

function take(into: Rows<Row>, page: Page): void {
  for (const { node } of page.edges) into.take(node);
  if (into === held) drawSoon();
}

function follow(into: Rows<Row>, after: string, onResync: () => void): void {
  const variables: Resumable = { after };
  stopFollowing = followCases<Row, Event, Resumable>(live, CaseEventsDocument, variables, {
    event(event) {
      eventArrived(event);
      into.apply(event);
      if (into === held) drawSoon();
      listeners.forEach((act) => act(event));
    },
    resync() {
      resynced();
      onResync();
    },
  });
}

/** Where not every row is held: one more page of a queue. Answers where to go on, or null at the end. */
export async function readMore(filter: CaseFilter, after: string | null): Promise<string | null> {
  const { cases } = await transport.query(OpenRowsDocument, { filter, first: PAGE, after });
  take(held, cases);
  return cases.pageInfo.hasNextPage ? (cases.pageInfo.endCursor ?? null) : null;
}
