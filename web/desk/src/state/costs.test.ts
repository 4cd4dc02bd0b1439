import { amountText } from '@shared/money';
import { describe, expect, it, vi } from 'vitest';
import type { Report } from './costs';

vi.mock('./server', () => ({ transport: {}, failed: () => undefined }));
vi.mock('./desk', async () => ({ viewer: (await import('vue')).shallowRef(null) }));
const { itemLines, monthLines, periodOf, PERIODS, providerLines, withRest, wrongWith } = await import('./costs');

const OWN = { from: '2026-02-03', to: '2026-04-05' };
const spent = (orders: number, agreed: number | bigint, settled: number | bigint) => ({
  orders, agreedCents: String(agreed), settledCents: String(settled), deductedCents: String(BigInt(agreed) - BigInt(settled)),
});
const line = (key: string, cost: ReturnType<typeof spent>) => ({ key, name: key, about: '', ...cost });

describe('the period of the costs', () => {
  it('is chosen by a word, in local days', () => {
    const spans = PERIODS.map(({ key }) => Object.values(periodOf(key, '2026-03-31', OWN)).join(' '));

    expect(spans).toEqual(['2026-03-01 2026-03-31', '2026-02-01 2026-02-28', '2026-01-01 2026-03-31', '2025-01-01 2025-12-31', '2025-04-01 2026-03-31', '2026-02-03 2026-04-05']);
    expect(periodOf('last-month', '2026-01-01', OWN)).toEqual({ from: '2025-12-01', to: '2025-12-31' });
  });

  it('is never longer than the server answers, not around a leap day either', () => {
    for (const { key } of PERIODS) expect(wrongWith(periodOf(key, '2028-11-30', OWN))).toBeNull();
    expect(periodOf('last-month', '2028-03-31', OWN).to).toBe('2028-02-29');
  });

  it('is refused here with a sentence where it makes no sense', () => {
    expect(wrongWith({ from: '', to: '2026-01-01' })).toBe('请选择起止日期。');
    expect(wrongWith({ from: '2026-01-02', to: '2026-01-01' })).toBe('起始日期不能晚于截止日期。');
    expect(wrongWith({ from: '2026-01-01', to: '2027-01-01' })).toBeNull();
    expect(wrongWith({ from: '2026-01-01', to: '2027-01-02' })).toBe('最长只能查看 366 天。');
  });
});

describe('a table of costs', () => {
  it('adds up to its total though not every line is shown', () => {
    const total = spent(9, 9_007_199_254_740_993n, 9_007_199_254_740_991n);
    const shown = withRest([line('a', spent(5, 9_007_199_254_740_001n, 9_007_199_254_740_000n)), line('b', spent(1, 500, 499))], 4, total);

    expect(shown.map(({ key, name, orders, bar }) => [key, name, orders, bar])).toEqual([['a', 'a', 5, 100], ['b', 'b', 1, 0], ['rest', '其余 2 项', 3, 0]]);
    expect([amountText(shown[2]!.agreedCents), amountText(shown[2]!.deductedCents), amountText(shown[2]!.settledCents)]).toEqual(['4.92', '0.00', '4.92']);
    expect(withRest([line('a', spent(1, 2, 2))], 1, total)).toHaveLength(1);
  });

  it('names what it is about, and says which days of a month it holds where that is not all of them', () => {
    const report = {
      total: spent(2, 300, 250), itemCount: 2, providerCount: 1,
      months: [
        { first: '2026-02-01', last: '2026-02-28', ...spent(1, 100, 50) },
        { first: '2026-03-01', last: '2026-03-09', ...spent(1, 200, 200) },
      ],
      items: [
        { catalogueItem: { id: 'i', code: 'RX-01', middleName: '道路养护', minorName: '坑槽修补' }, ...spent(1, 200, 200) },
        { catalogueItem: null, ...spent(1, 100, 50) },
      ],
      providers: [{ serviceProvider: { id: 'p', name: '苏州市某某市政养护有限公司', kind: 'COMPANY' }, ...spent(2, 300, 250) }],
    } as unknown as Report;

    expect(monthLines(report).map(({ name, about }) => [name, about])).toEqual([['2026年2月', ''], ['2026年3月', '1 日至 9 日']]);
    expect(itemLines(report).map(({ name, about, bar }) => [name, about, bar])).toEqual([['坑槽修补', '道路养护 · RX-01', 100], ['目录之前的任务', '', 25]]);
    expect(providerLines(report, (kind) => `〔${kind}〕`)).toMatchObject([{ name: '苏州市某某市政养护有限公司', about: '〔COMPANY〕', bar: 100, orders: 2 }]);
  });
});
