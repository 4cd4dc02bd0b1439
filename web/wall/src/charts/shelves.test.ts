import { describe, expect, it } from 'vitest';
import { columnsOf, GAP, SEAM, shelve, type Room } from './shelves';

const room: Room = { width: 1010, height: 260, rem: 16 };
const groups = (count: number, tiles: number) => Array.from({ length: count }, () => tiles);

const suzhou = [8, 17, 11, 8, 12, 6, 14, 15, 11, 8];
const cases: [string, number[]][] = [
  ['a prefecture', suzhou],
  ['a county of six hundred communities', groups(24, 25)],
  ['one group', [7]],
  ['a hundred groups of one', groups(100, 1)],
  ['empty groups', [0, 3, 0]],
];

describe('shelve', () => {
  it('lets a prefecture of ten counties keep the names of a hundred townships', () => {
    expect(['stacked', 'beside']).toContain(shelve(suzhou, room).words);
  });

  it.each(cases)('puts every group of %s on one shelf, in order, inside the panel', (_, counts) => {
    const { shelves } = shelve(counts, room);

    expect(shelves.flatMap(({ from, to }) => counts.slice(from, to))).toEqual(counts);
    for (const { from, to, rows, tileWidth } of shelves) {
      const columns = counts.slice(from, to).reduce((sum, count) => sum + columnsOf(count, rows), 0);
      const gaps = (to - from - 1) * (GAP - SEAM) * room.rem;
      expect(columns * (tileWidth + SEAM * room.rem) + gaps).toBeLessThanOrEqual(room.width + 0.01);
    }
  });

  it('answers before the panel has a size, and for no groups', () => {
    expect(shelve([4], { width: 0, height: 0, rem: 16 }).words).toBe('none');
    expect(shelve([], room).shelves).toEqual([]);
  });
});
