import { describe, expect, it } from 'vitest';
import { dwellText, pressureOf } from './dwell';
import { funnelSteps } from './funnel';
import { notchesOf, totals, withNews, type Break } from './notches';
import { arrowWidth, between } from './pairs';
import { quadrant } from './quadrant';

describe('pressure of a link', () => {
  it.each([
    [null, 0, 'calm'],
    [140, 0, 'calm'],
    [null, 3, 'unknown'],
    [79, 3, 'calm'],
    [80, 3, 'warn'],
    [100, 3, 'warn'],
    [101, 3, 'heavy'],
  ] as const)('%s percent of the limit with %i cases is %s', (percent, count, pressure) =>
    expect(pressureOf(percent, count)).toBe(pressure),
  );

  it.each([
    [59, '1 分'],
    [3_540, '59 分'],
    [5_400, '1.5 时'],
    [7_200, '2 时'],
    [86_400, '24 时'],
    [172_800, '2 天'],
  ])('%i seconds are written %s', (seconds, text) => expect(dwellText(seconds)).toBe(text));
});

describe('funnel', () => {
  it('measures every step against what was taken up and draws none wider than the panel', () => {
    const steps = funnelSteps({ accepted: 40, responded: 50, disposed: 30, delivered: 20, confirmed: 5 });

    expect(steps.map(({ label, count, percent }) => [label, count, percent])).toEqual([
      ['受理', 40, 100],
      ['回应', 50, 125],
      ['处理意见', 30, 75],
      ['送达', 20, 50],
      ['认可', 5, 13],
    ]);
    expect(steps.map(({ share }) => share)).toEqual([0.8, 1, 0.6, 0.4, 0.1]);
  });

  it('is empty, not broken, before the first case', () => {
    const steps = funnelSteps({ accepted: 0, responded: 0, disposed: 0, delivered: 0, confirmed: 0 });

    expect(steps.every(({ share, percent }) => share === 0 && percent === null)).toBe(true);
  });
});

describe('units that pass cases on', () => {
  const unit = (id: string) => ({ id, name: `单位${id}` });

  it('join there and back, and stand before one that only sends away', () => {
    const found = between([
      { from: unit('1'), to: unit('2'), count: 9 },
      { from: unit('3'), to: unit('4'), count: 2 },
      { from: unit('4'), to: unit('3'), count: 1 },
    ]);

    expect(found.map(({ one, other, forth, back }) => [one, other, forth, back])).toEqual([
      ['单位3', '单位4', 2, 1],
      ['单位1', '单位2', 9, 0],
    ]);
  });

  it('have no arrow where nothing is passed', () => {
    expect(arrowWidth(0, 9)).toBe(0);
    expect(arrowWidth(9, 9)).toBe(8);
  });
});

describe('quadrant', () => {
  const dot = (id: string, discoveries: number, percent: number | null) => ({
    id,
    name: id,
    discoveries,
    percent,
    isSuspect: false,
    hasSplits: false,
  });

  it('puts more discoveries to the right and more solved above, inside the drawing', () => {
    const { spots, x, y, most } = quadrant([dot('a', 0, 100), dot('b', 9, 50), dot('c', 40, 0), dot('d', 5, null)], 9, 50);

    expect(most).toBe(40);
    expect(spots.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    const [a, b, c] = spots as [(typeof spots)[0], (typeof spots)[0], (typeof spots)[0]];
    expect(a.x < b.x && b.x < c.x && a.y > b.y && b.y > c.y).toBe(true);
    expect([b.x, b.y]).toEqual([x, y]);
    expect(spots.every((one) => one.x > 0 && one.x < 1 && one.y > 0 && one.y < 1)).toBe(true);
  });

  it('stands empty without divisions', () => {
    expect(quadrant([], null, null)).toEqual({ spots: [], x: null, y: null, most: 5 });
  });
});

describe('notches', () => {
  const one = (id: string, kind: Break['kind'], link: Break['link'], isRepaired = false): Break => ({ id, kind, link, isRepaired });
  const start = withNews(new Map(), true, [one('1', 'BROKEN', 'DISPATCH'), one('2', 'BLOCKED', 'DISPATCH'), one('3', 'BLOCKED', 'DISPATCH')]);

  it('count the breaks of a link by kind, 堵 before 断 before 分歧, and leave out what is whole', () => {
    expect(notchesOf(start.values(), 'DISPATCH').map(({ label, count }) => `${label} ${count}`)).toEqual(['堵 2', '断 1']);
    expect(notchesOf(start.values(), 'HANDLING')).toEqual([]);
    expect(totals(start.values()).map(({ count }) => count)).toEqual([2, 1, 0]);
  });

  it('go when a break is repaired, come when one is found, and begin anew with a whole picture', () => {
    const later = withNews(start, false, [one('2', 'BLOCKED', 'DISPATCH', true), one('4', 'DIVERGENT', null)]);

    expect([...later.keys()]).toEqual(['1', '3', '4']);
    expect([...withNews(later, true, [one('9', 'BROKEN', 'INTAKE')]).keys()]).toEqual(['9']);
    expect(start.size).toBe(3);
  });
});
