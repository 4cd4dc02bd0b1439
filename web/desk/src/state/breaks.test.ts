import { describe, expect, it, vi } from 'vitest';
import type { Break } from './breaks';

vi.mock('./server', () => ({ live: { subscribe: () => () => undefined } }));
vi.mock('./desk', async () => ({ viewer: (await import('vue')).shallowRef(null) }));
const { evidenceText, taken } = await import('./breaks');

const one = (id: string, more: Partial<Break> = {}) =>
  ({ id, cause: 'SLOW_LINK', repairedAt: null, evidence: { link: 'HANDLING', opinions: [], samples: 0 }, ...more }) as unknown as Break;

describe('loop breaks', () => {
  it('are replaced by a whole picture, and otherwise added or taken away one by one', () => {
    const first = taken(new Map(), { isWhole: true, breaks: [one('a'), one('b')] });
    const second = taken(first, { isWhole: false, breaks: [one('c'), one('a', { repairedAt: '2026-11-23T02:00:00Z' })] });
    const third = taken(second, { isWhole: true, breaks: [one('d')] });

    expect([...second.keys()]).toEqual(['b', 'c']);
    expect([...third.keys()]).toEqual(['d']);
  });

  it('say what shows them', () => {
    const slow = one('a', { evidence: { link: 'HANDLING', dwellSeconds: 7_200, medianSeconds: 1_800, samples: 41, opinions: [] } as never });
    const bare = one('b', { evidence: { link: 'HANDLING', dwellSeconds: 7_200, medianSeconds: 1_800, samples: 0, opinions: [] } as never });
    const opinions = [
      { department: { name: '城管局' }, proposed: { name: '住建局' }, outcome: null },
      { department: { name: '住建局' }, proposed: { name: '城管局' }, outcome: null },
    ];
    const split = one('c', { cause: 'RETURNS', evidence: { opinions } as never });

    expect(evidenceText(slow)).toBe('在「任务处理」已 2 小时 00 分，近 30 天 41 件的中位数为 30 分 00 秒');
    expect(evidenceText(bare)).toContain('规定时限为 30 分 00 秒');
    expect(evidenceText(split)).toBe('城管局：应由住建局办；住建局：应由城管局办');
    expect(evidenceText(one('d', { cause: 'NO_OWNER', evidence: { opinions: [] } as never }))).toBe('没有单位承办');
  });
});
