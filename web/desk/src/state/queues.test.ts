import { describe, expect, it } from 'vitest';
import type { Row, State } from '../types';
import { byPressure, countAll, groupsFor, QUEUES, queueOf, toneOf } from './queues';

const NOW = Date.parse('2026-11-23T02:00:00Z');
const at = (minutes: number) => new Date(NOW + minutes * 60_000).toISOString();
let made = 0;
const row = (state: State, more: Partial<Row> = {}): Row =>
  ({
    id: `c${++made}`, version: 1, state, isOpen: true, priority: 'NORMAL', stageAt: at(-made), running: [], extensionRequestedAt: null, ...more,
  }) as unknown as Row;
const due = (minutes: number) => ({ running: [{ kind: 'HANDLING' as const, state: 'RUNNING' as const, dueAt: at(minutes), nearDueAt: at(minutes - 30) }] });

describe('the queues', () => {
  it('hold every open state in exactly one link', () => {
    const states: State[] = [
      'SUBMITTED', 'ACCEPTED', 'VERIFYING', 'REGISTERED', 'DISPATCHED', 'RETURNED', 'SIGNED', 'IN_PROGRESS', 'ON_HOLD', 'LONG_TERM',
      'HANDLED', 'CHECKING', 'REOPEN_REQUESTED',
    ];
    const links = QUEUES.filter(({ key }) => !['urgent', 'overdue', 'near', 'extension', 'expedited'].includes(key));

    expect(states.map((state) => links.filter(({ holds }) => holds(row(state), NOW)).length)).toEqual(states.map(() => 1));
  });

  it('count a case in its link and in what presses', () => {
    const rows = [row('REGISTERED', { priority: 'URGENT', ...due(-5) }), row('REGISTERED', due(10)), row('SUBMITTED')];

    const counts = countAll(rows, NOW);

    expect(counts).toMatchObject({ all: 3, urgent: 1, overdue: 1, near: 1, dispatch: 2, intake: 1, close: 0 });
  });

  it('become near and overdue while nothing happens', () => {
    const rows = [row('REGISTERED', due(45))];

    expect(countAll(rows, NOW).near).toBe(0);
    expect(countAll(rows, NOW + 20 * 60_000).near).toBe(1);
    expect(countAll(rows, NOW + 46 * 60_000)).toMatchObject({ near: 0, overdue: 1 });
  });

  it('put first what is urgent, then what is due first, then who waited longest', () => {
    const longest = row('SUBMITTED', { stageAt: at(-90) });
    const shortest = row('SUBMITTED', { stageAt: at(-1) });
    const soon = row('REGISTERED', due(10));
    const late = row('REGISTERED', due(-10));
    const urgent = row('SUBMITTED', { priority: 'URGENT' });

    expect([shortest, soon, longest, late, urgent].sort(byPressure)).toEqual([urgent, late, soon, longest, shortest]);
  });

  it('stand first where they are this person’s work', () => {
    const groups = groupsFor(['DISPATCHER']);

    expect(groups.map(({ zh }) => zh)).toEqual(['重点关注', '我的待办', '其他环节']);
    expect(groups[1]?.queues.map(({ key }) => key)).toEqual(['dispatch', 'rule', 'expedited']);
    expect(groupsFor(['ANALYST']).map(({ zh }) => zh)).toEqual(['重点关注', '其他环节']);
  });

  it('are red only while somebody must act', () => {
    const seen = row('REGISTERED', { priority: 'URGENT', acknowledgedAt: at(-1) });
    const unseen = row('SUBMITTED', { priority: 'URGENT', acknowledgedAt: null });

    expect(toneOf(queueOf('urgent'), [seen], NOW)).toBe('plain');
    expect(toneOf(queueOf('urgent'), [seen, unseen], NOW)).toBe('act');
    expect(toneOf(queueOf('reopen'), [seen], NOW)).toBe('act');
  });

  it('are all open cases where a name is not known', () => {
    expect(queueOf('nothing').key).toBe('all');
  });
});
