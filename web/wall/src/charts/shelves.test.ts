import { describe, expect, it } from 'vitest';
import { columnsOf, shelve, type Room } from './shelves';

const room: Room = { width: 1000, height: 300, header: 22, gap: 10, seam: 3, largest: 110 };

describe('shelve', () => {
  it('gives a prefecture of ten counties tiles that a name fits on', () => {
    const counts = [8, 12, 9, 10, 11, 10, 9, 8, 14, 10];

    const { tileWidth } = shelve(counts, room);

    expect(tileWidth).toBeGreaterThan(45);
  });

  it('never grows past the largest tile', () => {
    expect(shelve([3], room).tileWidth).toBeLessThanOrEqual(110);
  });

  it('still finds room for a county of six hundred communities', () => {
    const counts = Array.from({ length: 24 }, () => 25);

    const { rows, tileWidth } = shelve(counts, room);

    expect(tileWidth).toBeGreaterThan(10);
    expect(columnsOf(25, rows)).toBeGreaterThanOrEqual(1);
  });
});
