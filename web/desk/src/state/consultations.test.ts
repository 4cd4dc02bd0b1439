import { describe, expect, it, vi } from 'vitest';
import type { ConsultationsQuery } from '../generated/graphql';

vi.mock('./server', () => ({ live: { subscribe: () => () => undefined }, transport: {}, failed: () => undefined }));
vi.mock('./desk', async () => ({ viewer: (await import('vue')).shallowRef(null), may: () => false }));
const { groupsOf, isLate } = await import('./consultations');

const NOW = Date.parse('2026-11-23T02:00:00Z');
const at = (hours: number) => new Date(NOW + hours * 3_600_000).toISOString();
const page = (...nodes: object[]) => ({ totalCount: nodes.length, edges: nodes.map((node) => ({ node })) });
const nothing = { overdue: page(), closed: page(), open: page(), planned: page(), answered: page(), withdrawn: page() };
const all = (some: object) => ({ ...nothing, ...some }) as unknown as ConsultationsQuery;

describe('consultations', () => {
  it('are late by the server’s word, or by its date while no news came', () => {
    expect(isLate({ isOverdue: true, state: 'CLOSED', answerBy: at(1) }, NOW)).toBe(true);
    expect(isLate({ isOverdue: false, state: 'CLOSED', answerBy: at(1) }, NOW)).toBe(false);
    expect(isLate({ isOverdue: false, state: 'CLOSED', answerBy: at(1) }, NOW + 3_600_001)).toBe(true);
    expect(isLate({ isOverdue: false, state: 'ANSWERED', answerBy: at(-1) }, NOW)).toBe(false);
  });

  it('stand by what is due with them, the first to fall due first, and the answered ones as they came', () => {
    const found = all({
      closed: page({ id: 'b', answerBy: at(2) }, { id: 'a', answerBy: at(-2) }),
      open: { ...page({ id: 'd', closesAt: at(9) }, { id: 'c', closesAt: at(3) }), totalCount: 70 },
      answered: page({ id: 'f' }, { id: 'e' }),
    });

    expect(groupsOf(found, false).map(({ zh, total, list }) => [zh, total, list.map(({ id }) => id)])).toEqual([
      ['待答复', 2, ['a', 'b']],
      ['征集中', 70, ['c', 'd']],
      ['已答复', 2, ['f', 'e']],
    ]);
  });

  it('are only the overdue ones where that is asked, the one that waits longest first', () => {
    const found = all({ overdue: page({ id: 'b', answerBy: at(-1) }, { id: 'a', answerBy: at(-5) }), open: page({ id: 'c' }) });

    expect(groupsOf(found, true).map(({ key, list }) => [key, list.map(({ id }) => id)])).toEqual([['overdue', ['a', 'b']]]);
    expect(groupsOf(all({ open: page({ id: 'c' }) }), true)).toEqual([]);
  });
});
