import { describe, expect, it } from 'vitest';
import { buttonsOf, groupsOf, inOrder, type OrderLike } from './groups';

const order = (id: string, state: string, more: Partial<OrderLike> = {}): OrderLike => ({ id, state, offeredAt: '2026-03-01T00:00:00Z', ...more });

describe('the orders of a service provider', () => {
  it('are counted by what waits for whom, a state of tomorrow among the work in hand', () => {
    const rows = ['OFFERED', 'ACCEPTED', 'SCHEDULED', 'TOMORROW', 'SUBMITTED', 'REJECTED'].map((state, n) => order(`o${n}`, state));

    expect([...groupsOf(rows)]).toEqual([['offered', 1], ['rejected', 1], ['hand', 3], ['submitted', 1]]);
  });

  it('stand urgent first, then by when they are wanted, then by age', () => {
    const rows = [
      order('old', 'OFFERED'),
      order('late', 'OFFERED', { dueAt: '2026-03-09T00:00:00Z' }),
      order('soon', 'OFFERED', { dueAt: '2026-03-02T00:00:00Z' }),
      order('urgent', 'OFFERED', { case: { priority: 'URGENT' } }),
    ];

    expect(inOrder(rows).map(({ id }) => id)).toEqual(['urgent', 'soon', 'late', 'old']);
  });

  it('have one next step, and what goes against the department stands apart', () => {
    expect(buttonsOf('OFFERED', ['WORK_ORDER_DECLINE', 'WORK_ORDER_ACCEPT'])).toEqual({
      next: 'WORK_ORDER_ACCEPT',
      others: [],
      against: ['WORK_ORDER_DECLINE'],
    });
    expect(buttonsOf('ACCEPTED', ['WORK_ORDER_SUBMIT']).next).toBe('WORK_ORDER_SUBMIT');
  });
});
