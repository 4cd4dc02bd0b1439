// Units that pass cases on: one arrow for each two of them, there and back.

export interface Pass {
  from: { id: string; name: string };
  to: { id: string; name: string };
  count: number;
}

export interface Between {
  key: string;
  one: string;
  other: string;
  forth: number;
  back: number;
}

/** Two that pass to each other stand before one that only sends away; then the most first. */
export function between(passes: readonly Pass[]): Between[] {
  const found = new Map<string, Between>();
  for (const { from, to, count } of passes) {
    const known = found.get(`${to.id}>${from.id}`);
    if (known) known.back += count;
    else found.set(`${from.id}>${to.id}`, { key: `${from.id}>${to.id}`, one: from.name, other: to.name, forth: count, back: 0 });
  }
  const total = ({ forth, back }: Between) => forth + back;
  return [...found.values()].sort((a, b) => Number(b.back > 0) - Number(a.back > 0) || total(b) - total(a));
}

/** Width of an arrow, in pixels of its drawing: thick where much is passed. */
export const arrowWidth = (count: number, most: number) => (count ? 2 + 6 * Math.sqrt(count / Math.max(1, most)) : 0);
