// The service provider's own orders: open ones by pages at first and by events from then on, ended ones as somebody looks.
import { followEvents } from '@client/follow';
import { backoff } from '@client/live';
import type { CaseEventLike } from '@client/reducer';
import { resynced, eventArrived } from '@shared/link';
import { Rows } from '@shared/rows';
import { serverNow } from '@shared/time';
import { computed, reactive, shallowRef } from 'vue';
import { OpenOrdersDocument, OrderEventsDocument, OrderNowDocument, type OrderEventsSubscriptionVariables } from '../generated/graphql';
import type { Order, OrderEvent } from '../types';
import { groupsOf, inOrder, isEnded } from './groups';
import { failed, pause, transport, trouble } from './server';

const PAGE = 100;
const REDRAW_MS = 150;

export type Held = Order & { isOpen: boolean };
type Resumable = OrderEventsSubscriptionVariables & { after?: string | null };

const held = (order: Order): Held => ({ ...order, isOpen: !isEnded(order.state) });

let open = new Rows<Held>();
let turn = 0;
let stop: () => void = () => undefined;
let redraw: ReturnType<typeof setTimeout> | undefined;

const rows = shallowRef<readonly Held[]>([]);
/** Newest first, as far as they were asked for. */
export const ended = shallowRef<readonly Order[]>([]);
export const filling = reactive({ isFull: false, readAt: null as string | null, endedAfter: '' as string | null, isReadingEnded: false });

export const groups = computed(() => groupsOf(rows.value));
export const ordered = computed(() => inOrder(rows.value));
export const orderOf = (id: string): Order | null => open.get(id) ?? ended.value.find((one) => one.id === id) ?? null;

const draw = () => {
  clearTimeout(redraw);
  redraw = undefined;
  rows.value = open.all();
};
const drawSoon = () => (redraw ??= setTimeout(draw, REDRAW_MS));

/** Everything has to be read anew, who one is and what one may first: rights may have changed. */
let again: () => void = () => void openOrders();
export const onResync = (act: () => void): void => void (again = act);

const listeners = new Set<(event: OrderEvent) => void>();
export function onEvent(act: (event: OrderEvent) => void): () => void {
  listeners.add(act);
  return () => void listeners.delete(act);
}

/** What was just answered: shown at once; the event that follows tells nothing new. */
export function take(order: Order): void {
  open.take(held(order));
  if (isEnded(order.state)) ended.value = [order, ...ended.value.filter(({ id }) => id !== order.id)];
  draw();
}

export function forgetOrders(): void {
  turn++;
  stop();
  open = new Rows<Held>();
  ended.value = [];
  filling.isFull = false;
  filling.endedAfter = '';
  draw();
}

/** Reads everything anew and follows it; what was shown stays until the new list is complete. */
export async function openOrders(): Promise<void> {
  const mine = ++turn;
  const fresh = new Rows<Held>();
  if (!rows.value.length) open = fresh;
  filling.isFull = false;
  stop();
  let after: string | null = null;
  do {
    const page = await insist(mine, after);
    if (!page) return;
    if (after === null) follow(fresh, page.cursor);
    for (const { node } of page.edges) fresh.take(held(node));
    if (open === fresh) drawSoon();
    after = page.pageInfo.hasNextPage ? (page.pageInfo.endCursor ?? null) : null;
  } while (after !== null);
  open = fresh;
  filling.isFull = true;
  filling.readAt = new Date(serverNow()).toISOString();
  draw();
}

async function insist(mine: number, after: string | null) {
  for (let attempt = 0; mine === turn; attempt++) {
    try {
      const { workOrders } = await transport.query(OpenOrdersDocument, { onlyOpen: true, first: PAGE, after });
      trouble.value = null;
      return mine === turn ? workOrders : null;
    } catch (error) {
      failed(error);
      await pause(backoff(attempt));
    }
  }
  return null;
}

function follow(into: Rows<Held>, after: string): void {
  const variables: Resumable = { after };
  stop = followEvents<'workOrderEvents', OrderEvent, Resumable>(transport, OrderEventsDocument, 'workOrderEvents', variables, {
    event(event) {
      eventArrived({ kind: event.kind === 'HEARTBEAT' ? 'HEARTBEAT' : 'CHANGED', seq: event.seq, at: event.at });
      into.apply(asCaseEvent(event));
      if (event.workOrder && isEnded(event.workOrder.state) && filling.endedAfter !== '') take(event.workOrder);
      if (into === open) drawSoon();
      listeners.forEach((act) => act(event));
    },
    resync() {
      resynced();
      again();
    },
  });
}

/** The rows are kept by the rule for cases: higher versions win. */
const asCaseEvent = ({ kind, cursor, seq, workOrderId, version, workOrder }: OrderEvent): CaseEventLike<Held> => ({
  kind: kind === 'LEFT_VIEW' || kind === 'HEARTBEAT' || kind === 'RESYNC_REQUIRED' ? kind : 'CHANGED',
  cursor,
  seq,
  caseId: workOrderId ?? null,
  version: version ?? null,
  case: workOrder ? held(workOrder) : null,
});

/** One more page of ended orders; the first when none was read yet. */
export async function readEnded(): Promise<void> {
  if (filling.isReadingEnded || filling.endedAfter === null) return;
  filling.isReadingEnded = true;
  try {
    const { workOrders } = await transport.query(OpenOrdersDocument, { onlyOpen: false, first: PAGE, after: filling.endedAfter || null });
    const known = new Set(ended.value.map(({ id }) => id));
    const found = workOrders.edges.map(({ node }) => node).filter((one) => isEnded(one.state) && !known.has(one.id));
    ended.value = [...ended.value, ...found];
    filling.endedAfter = workOrders.pageInfo.hasNextPage ? (workOrders.pageInfo.endCursor ?? null) : null;
    trouble.value = null;
  } catch (error) {
    failed(error);
  }
  filling.isReadingEnded = false;
}

export interface Photo {
  id: string;
  kind: string;
  url: string;
  createdAt: string;
}

export interface Asked {
  kind: string;
  text: string;
  askedAt: string;
  answer?: string | null;
  isGranted?: boolean | null;
  answeredAt?: string | null;
}

export interface Detail extends Order {
  /** What we told of the progress. */
  notes: readonly { text: string; at: string; actorRole: string }[];
  /** What we asked, and what was answered. */
  requests: readonly Asked[];
  photos: readonly Photo[];
  /** Who comes; events do not name people. */
  crew?: { name: string } | null;
  technician?: { name: string } | null;
  /** Whom to ask for at the place: only while the order is in hand, and never from an event. */
  contact?: { who: string; phone: string; note?: string | null } | null;
}

/** As it is on the server now, with its photos; null where it is not, or not for this viewer. */
export async function orderNow(id: string): Promise<Detail | null> {
  const { node } = await transport.query(OrderNowDocument, { id });
  if (!node || !('task' in node)) return null;
  return { ...(node as Omit<Detail, 'photos'>), photos: node.evidence };
}
