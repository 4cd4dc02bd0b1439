// The clock of a case that presses most, told in words. Pure.
export interface ClockLike {
  kind: string;
  state: string;
  dueAt: string;
  nearDueAt: string;
}

export type Pressure = 'calm' | 'near' | 'over';

const RUNS = new Set(['RUNNING', 'NEAR_DUE', 'OVERDUE']);

/** Of several running clocks the one that is due first; null where none runs. */
export function pressing<C extends ClockLike>(clocks: readonly C[]): C | null {
  let first: C | null = null;
  for (const one of clocks) if (RUNS.has(one.state) && (!first || one.dueAt < first.dueAt)) first = one;
  return first;
}

/** As time stands now: the server's word may be minutes old. */
export function pressureOf(clock: ClockLike | null, now: number): Pressure {
  if (!clock) return 'calm';
  if (Date.parse(clock.dueAt) < now) return 'over';
  return Date.parse(clock.nearDueAt) <= now ? 'near' : 'calm';
}

const two = (n: number) => String(n).padStart(2, '0');

/** 3 天 4 小时, 5 小时 09 分, 12 分 08 秒: the two largest parts. */
export function lengthText(ms: number): string {
  const seconds = Math.floor(Math.abs(ms) / 1_000);
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours >= 48) return `${Math.floor(hours / 24)} 天 ${hours % 24} 小时`;
  if (hours >= 1) return `${hours} 小时 ${two(minutes % 60)} 分`;
  return `${minutes} 分 ${two(seconds % 60)} 秒`;
}

export function remainingText(clock: ClockLike, now: number): string {
  const left = Date.parse(clock.dueAt) - now;
  return left >= 0 ? `剩 ${lengthText(left)}` : `超 ${lengthText(left)}`;
}
