// Where the loop is broken: open breaks by link and kind, as notches on the rim of the ring.
import type { Stage } from '../types';

export type BreakKind = 'BLOCKED' | 'BROKEN' | 'DIVERGENT';

export interface Break {
  id: string;
  kind: BreakKind;
  /** The link it was found in; where the evidence names none, the one the case stands in. */
  link: Stage | null;
  isRepaired: boolean;
}

export interface Notch {
  kind: BreakKind;
  label: string;
  count: number;
}

const LABELS: readonly (readonly [BreakKind, string])[] = [
  ['BLOCKED', '堵'],
  ['BROKEN', '断'],
  ['DIVERGENT', '分歧'],
];

/** All open ones anew, or what was found and repaired since. */
export function withNews(known: ReadonlyMap<string, Break>, isWhole: boolean, news: readonly Break[]): Map<string, Break> {
  const next = new Map(isWhole ? [] : known);
  for (const one of news) {
    if (one.isRepaired) next.delete(one.id);
    else next.set(one.id, one);
  }
  return next;
}

/** 堵, 断, 分歧, in this order, each with its number; zero where there is none. */
export function totals(breaks: Iterable<Break>): Notch[] {
  const all = [...breaks];
  return LABELS.map(([kind, label]) => ({ kind, label, count: all.filter((one) => one.kind === kind).length }));
}

/** Only what is there: a rim without notches is a whole loop. */
export function notchesOf(breaks: Iterable<Break>, link: Stage): Notch[] {
  return totals([...breaks].filter((one) => one.link === link)).filter(({ count }) => count);
}
