import { describe, expect, it } from 'vitest';
import { breaksOf, classOf, niceCeiling } from './scale';

describe('classes of a tile map', () => {
  it('keeps zero apart and puts the largest into the last class', () => {
    const breaks = breaksOf([0, 3, 8, 12, 40, 41, 90]);

    expect(classOf(0, breaks)).toBe(0);
    expect(classOf(1, breaks)).toBe(1);
    expect(classOf(900, breaks)).toBe(5);
  });

  it('has rising bounds even where all tiles are equal', () => {
    expect(breaksOf([2, 2, 2])).toEqual([2, 3, 4, 5]);
    expect(breaksOf([])).toEqual([1, 2, 3, 4]);
  });
});

describe('niceCeiling', () => {
  it.each([
    [0, 5],
    [34, 40],
    [170, 200],
    [1000, 1000],
  ])('%i reads as %i', (value, ceiling) => expect(niceCeiling(value)).toBe(ceiling));
});
