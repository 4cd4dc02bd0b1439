import type { Case } from '../types';

const TIMED: readonly Case['state'][] = ['CLOSED', 'HANDLED', 'CHECKING', 'ON_HOLD', 'LONG_TERM'];

/** The server's word, or its deadline once that has passed while no event came. */
export function isOverdueNow(one: Case, now: number): boolean {
  if (one.isOverdue) return true;
  return one.isOpen && one.dueAt != null && !TIMED.includes(one.state) && Date.parse(one.dueAt) < now;
}
