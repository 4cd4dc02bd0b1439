import { describe, expect, it } from 'vitest';
import { lengthText, pressing, pressureOf, remainingText } from './clocks';

const NOW = Date.parse('2026-11-23T02:00:00Z');
const clock = (minutes: number, state = 'RUNNING') => ({
  kind: 'HANDLING',
  state,
  dueAt: new Date(NOW + minutes * 60_000).toISOString(),
  nearDueAt: new Date(NOW + (minutes - 30) * 60_000).toISOString(),
});

describe('the clock of a row', () => {
  it('is the running one that is due first', () => {
    const soon = clock(20);

    expect(pressing([clock(300), soon, clock(-60, 'MET'), clock(5, 'PAUSED')])).toBe(soon);
    expect(pressing([clock(5, 'PAUSED')])).toBeNull();
  });

  it('becomes near and over by itself, without an event', () => {
    expect(pressureOf(clock(31), NOW)).toBe('calm');
    expect(pressureOf(clock(30), NOW)).toBe('near');
    expect(pressureOf(clock(-1), NOW)).toBe('over');
    expect(pressureOf(null, NOW)).toBe('calm');
  });

  it.each([
    [0, '0 分 00 秒'],
    [59_000, '0 分 59 秒'],
    [3_600_000, '1 小时 00 分'],
    [47 * 3_600_000, '47 小时 00 分'],
    [50 * 3_600_000, '2 天 2 小时'],
  ])('%i ms are %s', (ms, text) => expect(lengthText(ms)).toBe(text));

  it('says what is left, and by how much it is over', () => {
    expect(remainingText(clock(90), NOW)).toBe('剩 1 小时 30 分');
    expect(remainingText(clock(-90), NOW)).toBe('超 1 小时 30 分');
  });
});
