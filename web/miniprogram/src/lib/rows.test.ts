import { describe, expect, it } from 'vitest';
import { cardOf } from './rows';
import { moment, tell } from './words';

const AT = '2026-11-23T07:20:00Z';
const row = {
  number: '3205', title: '道路破损 · 二郎巷社区第1网格', kind: 'PROBLEM' as const, submittedAt: AT, outcome: null, plainStage: 'IN_HAND' as const, dueAt: null,
  promisedAt: AT, urges: 0, unit: '姑苏区城管局', isFollowed: false, description: null, responses: [],
  plainSteps: [
    { stage: 'RECEIVED' as const, reachedAt: AT, isCurrent: false },
    { stage: 'IN_HAND' as const, reachedAt: AT, isCurrent: true },
    { stage: 'ANSWERED' as const, reachedAt: null, isCurrent: false },
  ],
};

describe('a card', () => {
  it('has every word ready, in both languages', () => {
    const zh = cardOf(row, false);
    const en = cardOf(row, true);

    expect([zh.name, zh.place, zh.kind, zh.promise]).toEqual(['道路破损', '二郎巷社区第1网格', '我要报事', moment(AT, false)]);
    expect([en.kind, en.promise]).toEqual(['Report', moment(AT, true)]);
    expect(zh.steps.map(({ name, state }) => [name, state])).toEqual([['已收到', 'reached'], ['办理中', 'reached current'], ['已答复', '']]);
    expect(en.steps[0]).toMatchObject({ name: 'received', also: '已收到' });
  });
});

describe('words', () => {
  it('stand in the chosen language, with the other one beside', () => {
    const { t, e } = tell(['case'], true);

    expect([t['unsolved'], e['unsolved']]).toEqual(['Not solved', '未解决']);
    expect(tell(['case'], false).t['unsolved']).toBe('未解决');
  });

  it('tell times in English by the clock of the city', () => {
    expect(moment('2025-12-31T15:59:00Z', true)).toBe('31 Dec 2025 23:59');
  });
});
