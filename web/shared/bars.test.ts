import { expect, it } from 'vitest';
import { barPercent } from './bars';

it('is as long as its part of the longest, and nothing where there is nothing', () => {
  const bars = [barPercent('50', '200'), barPercent(1, 3), barPercent('900719925474099301', '900719925474099301'), barPercent('0', '0'), barPercent('-1', '5')];

  expect(bars).toEqual([25, 33.3, 100, 0, 0]);
});
