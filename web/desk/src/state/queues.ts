// What waits for whom. A further queue is one more entry here.
import type { CaseFilter, Role, Row, State } from '../types';
import { pressing, pressureOf } from '@shared/clocks';

export interface Queue {
  key: string;
  zh: string;
  en: string;
  /** Whose work it is; nobody's in particular where it cuts across the links. */
  who: readonly Role[];
  holds(row: Row, now: number): boolean;
  /** The same for the server, where not all rows are held; null where it has no such filter. */
  filter: CaseFilter | null;
  /** How its count is shown while it is above nought. */
  tone: 'act' | 'warn' | 'plain';
  /** Which of them somebody must act on at once, where that is not all of them. */
  presses?(row: Row): boolean;
  empty: string;
}

const inStates = (...states: State[]) => ({
  holds: (row: Row) => states.includes(row.state),
  filter: { isOpen: true, states } satisfies CaseFilter,
});

const pressureNow = (row: Row, now: number) => pressureOf(pressing(row.running), now);

export const QUEUES: readonly Queue[] = [
  {
    key: 'urgent', zh: '紧急', en: 'Urgent', who: [], tone: 'act', empty: '没有紧急事件。',
    holds: (row) => row.priority === 'URGENT',
    presses: (row) => row.acknowledgedAt == null,
    filter: { isOpen: true, priorities: ['URGENT'] },
  },
  {
    key: 'overdue', zh: '超期', en: 'Overdue', who: [], tone: 'act', empty: '没有超期事件。',
    holds: (row, now) => pressureNow(row, now) === 'over',
    filter: { isOpen: true, isOverdue: true },
  },
  {
    key: 'near', zh: '临期', en: 'Near due', who: [], tone: 'warn', empty: '没有临期事件。',
    holds: (row, now) => pressureNow(row, now) === 'near',
    filter: null,
  },
  { key: 'intake', zh: '待受理', en: 'Intake', who: ['INTAKE_OFFICER'], tone: 'plain', empty: '没有等待受理的上报。', ...inStates('SUBMITTED') },
  { key: 'register', zh: '待立案', en: 'Register', who: ['INTAKE_OFFICER'], tone: 'plain', empty: '没有等待立案的事件。', ...inStates('ACCEPTED', 'VERIFYING') },
  { key: 'dispatch', zh: '待派遣', en: 'Dispatch', who: ['DISPATCHER'], tone: 'plain', empty: '没有等待派遣的事件。', ...inStates('REGISTERED') },
  { key: 'rule', zh: '退回待裁定', en: 'Ruling', who: ['DISPATCHER', 'COMMANDER'], tone: 'act', empty: '没有被退回的事件。', ...inStates('RETURNED') },
  {
    key: 'expedited', zh: '督办待复', en: 'Expedited', who: ['HANDLER', 'DISPATCHER', 'COMMANDER'], tone: 'warn', empty: '没有待答复的督办单。',
    holds: (row) => row.running.some(({ kind }) => kind === 'EXPEDITE'),
    filter: null,
  },
  {
    key: 'extension', zh: '延期待批', en: 'Extension', who: ['SHIFT_LEADER', 'COMMANDER'], tone: 'plain', empty: '没有等待审批的延期申请。',
    holds: (row) => row.extensionRequestedAt != null,
    filter: null,
  },
  { key: 'sign', zh: '待签收', en: 'Unsigned', who: ['HANDLER'], tone: 'plain', empty: '没有等待签收的事件。', ...inStates('DISPATCHED') },
  { key: 'handle', zh: '处理中', en: 'In hand', who: ['HANDLER'], tone: 'plain', empty: '没有正在处理的事件。', ...inStates('SIGNED', 'IN_PROGRESS', 'ON_HOLD', 'LONG_TERM') },
  { key: 'check', zh: '待核查', en: 'Checking', who: ['CHECKER', 'GRID_WORKER', 'PATROL_OFFICER'], tone: 'plain', empty: '没有等待核查的事件。', ...inStates('CHECKING') },
  { key: 'close', zh: '待结案', en: 'Close', who: ['SHIFT_LEADER'], tone: 'plain', empty: '没有等待结案的事件。', ...inStates('HANDLED') },
  { key: 'reopen', zh: '申请重办', en: 'Reopen', who: ['SHIFT_LEADER'], tone: 'act', empty: '没有重办申请。', ...inStates('REOPEN_REQUESTED') },
];

export const ALL: Queue = {
  key: 'all', zh: '全部在办', en: 'All open', who: [], tone: 'plain', empty: '您的权限范围内没有在办事件。',
  holds: () => true,
  filter: { isOpen: true },
};

const WATCHED = new Set(['urgent', 'overdue', 'near']);

export interface QueueGroup {
  zh: string;
  en: string;
  queues: readonly Queue[];
}

/** What presses, then what waits for this person, then what waits for others. */
export function groupsFor(roles: readonly Role[]): QueueGroup[] {
  const isMine = (one: Queue) => one.who.some((role) => roles.includes(role));
  const links = QUEUES.filter(({ key }) => !WATCHED.has(key));
  const groups = [
    { zh: '重点关注', en: 'Watch', queues: QUEUES.filter(({ key }) => WATCHED.has(key)) },
    { zh: '我的待办', en: 'For me', queues: links.filter(isMine) },
    { zh: '其他环节', en: 'With others', queues: [...links.filter((one) => !isMine(one)), ALL] },
  ];
  return groups.filter(({ queues }) => queues.length > 0);
}

export const queueOf = (key: string): Queue => QUEUES.find((one) => one.key === key) ?? ALL;

/** Urgent before others, then by deadline, then who has waited longest. */
export function byPressure(a: Row, b: Row): number {
  return (
    Number(b.priority === 'URGENT') - Number(a.priority === 'URGENT') ||
    compare(dueOf(a), dueOf(b)) ||
    compare(a.stageAt, b.stageAt) ||
    compare(a.id, b.id)
  );
}

const NEVER = '9';
const dueOf = ({ running }: Row) => pressing(running)?.dueAt ?? NEVER;
const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** Red stands only where somebody must act: an urgent case that was seen is one among others. */
export function toneOf(queue: Queue, rows: readonly Row[], now: number): Queue['tone'] {
  const { presses, holds, tone } = queue;
  return presses && !rows.some((row) => holds(row, now) && presses(row)) ? 'plain' : tone;
}

export function countAll(rows: readonly Row[], now: number): Record<string, number> {
  const counts: Record<string, number> = { all: rows.length };
  for (const { key } of QUEUES) counts[key] = 0;
  for (const row of rows) for (const { key, holds } of QUEUES) if (holds(row, now)) counts[key]!++;
  return counts;
}
