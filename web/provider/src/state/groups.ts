// What waits for whom among the orders of a service provider, and in which order. Pure.
export interface OrderLike {
  id: string;
  state: string;
  dueAt?: string | null;
  offeredAt: string;
  case?: { priority: string } | null;
}

const ENDED: readonly string[] = ['ACCEPTED_DONE', 'SETTLED', 'DECLINED', 'CANCELLED'];
export const isEnded = (state: string) => ENDED.includes(state);

export interface Group {
  key: string;
  zh: string;
  en: string;
  empty: string;
  /** Whether somebody of the provider has to act on what is in it. */
  isOurs: boolean;
  holds(one: OrderLike): boolean;
}

const OUT_OF_HAND = new Set(['OFFERED', 'SUBMITTED', 'REJECTED']);

/** A state that the contract gains tomorrow is work in hand unless it is said otherwise. */
export const GROUPS: readonly Group[] = [
  { key: 'offered', zh: '待接单', en: 'Offered', empty: '没有等待接单的任务。', isOurs: true, holds: ({ state }) => state === 'OFFERED' },
  { key: 'rejected', zh: '被退回', en: 'Rejected', empty: '没有被退回的任务。', isOurs: true, holds: ({ state }) => state === 'REJECTED' },
  { key: 'hand', zh: '办理中', en: 'In hand', empty: '没有正在办理的任务。', isOurs: true, holds: ({ state }) => !OUT_OF_HAND.has(state) && !isEnded(state) },
  { key: 'submitted', zh: '待验收', en: 'Submitted', empty: '没有等待验收的任务。', isOurs: false, holds: ({ state }) => state === 'SUBMITTED' },
];

export const groupsOf = (rows: readonly OrderLike[]): ReadonlyMap<string, number> =>
  new Map(GROUPS.map(({ key, holds }) => [key, rows.filter(holds).length]));

/** First what is urgent, then by when it is wanted; what has no date stands by its age behind. */
export function inOrder<O extends OrderLike>(rows: readonly O[]): readonly O[] {
  const rank = (one: O) => (one.case?.priority === 'URGENT' ? '0' : one.dueAt ? '1' : '2');
  const key = (one: O) => `${rank(one)} ${one.dueAt ?? one.offeredAt} ${one.id}`;
  return rows
    .map((one) => [key(one), one] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, one]) => one);
}

const NEXT: Readonly<Record<string, readonly string[]>> = {
  OFFERED: ['WORK_ORDER_ACCEPT'],
  ACCEPTED: ['WORK_ORDER_SCHEDULE', 'WORK_ORDER_START', 'WORK_ORDER_SUBMIT'],
  SCHEDULED: ['WORK_ORDER_START', 'WORK_ORDER_SUBMIT'],
  IN_PROGRESS: ['WORK_ORDER_SUBMIT'],
  REJECTED: ['WORK_ORDER_START', 'WORK_ORDER_SUBMIT'],
};
const AGAINST = new Set(['WORK_ORDER_DECLINE']);

/** In which order the buttons of an order stand. */
export function buttonsOf(state: string, available: readonly string[]) {
  const next = (NEXT[state] ?? []).find((action) => available.includes(action)) ?? null;
  const rest = available.filter((action) => action !== next);
  return { next, others: rest.filter((one) => !AGAINST.has(one)), against: rest.filter((one) => AGAINST.has(one)) };
}
