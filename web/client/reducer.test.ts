import { describe, expect, it } from 'vitest';
import { applyCaseEvent, snapshot, type Bound, type CaseEventLike } from './reducer';

interface Row {
  id: string;
  version: number;
  at: number;
}

const bound: Bound<Row> = { limit: 3, rank: (row) => row.at };
const row = (id: string, version = 1, at = version): Row => ({ id, version, at });
const start = () => snapshot('c0', [row('a', 2), row('b')], bound);
const event = (kind: CaseEventLike<Row>['kind'], one?: Row, seq = '7'): CaseEventLike<Row> => ({
  kind,
  cursor: `c${seq}`,
  seq,
  caseId: one?.id ?? null,
  version: one?.version ?? null,
  case: kind === 'LEFT_VIEW' ? null : (one ?? null),
});

describe('applyCaseEvent', () => {
  it('adds a new case and moves the cursor', () => {
    const state = applyCaseEvent(start(), event('SUBMITTED', row('c')), bound);

    expect([...state.cases.keys()]).toEqual(['a', 'b', 'c']);
    expect([state.cursor, state.seq]).toEqual(['c7', '7']);
  });

  it('takes a higher version and ignores one the snapshot already held', () => {
    const newer = applyCaseEvent(start(), event('CHANGED', row('a', 3)), bound);
    const older = applyCaseEvent(newer, event('CHANGED', row('a', 2)), bound);

    expect(newer.cases.get('a')?.version).toBe(3);
    expect(older.cases.get('a')?.version).toBe(3);
    expect(older.cases).toBe(newer.cases);
  });

  it('removes what left the view, unless the snapshot is newer', () => {
    const gone = applyCaseEvent(start(), event('LEFT_VIEW', row('a', 3)), bound);
    const kept = applyCaseEvent(start(), event('LEFT_VIEW', row('a', 2)), bound);

    expect(gone.cases.has('a')).toBe(false);
    expect(kept.cases.has('a')).toBe(true);
  });

  it('moves only the cursor on a heartbeat', () => {
    const before = start();
    const state = applyCaseEvent(before, event('HEARTBEAT', undefined, '9'), bound);

    expect(state.cases).toBe(before.cases);
    expect(state.cursor).toBe('c9');
  });

  it('asks for a fresh snapshot and keeps what it has until then', () => {
    const state = applyCaseEvent(start(), event('RESYNC_REQUIRED'), bound);

    expect(state.stale).toBe(true);
    expect(state.cases.size).toBe(2);
    expect(state.cursor).toBe('c0');
  });

  it('never holds more than its limit and drops the lowest rank', () => {
    let state = start();
    for (let n = 0; n < 100; n++) state = applyCaseEvent(state, event('SUBMITTED', row(`n${n}`, 1, n + 10)), bound);

    expect([...state.cases.keys()].sort()).toEqual(['n97', 'n98', 'n99']);
  });

  it('gives the same picture from an old snapshot plus events as from a new snapshot', () => {
    const events = [row('c'), row('a', 3), row('b', 2)].map((one, n) => event('CHANGED', one, String(n + 1)));
    const followed = events.reduce((state, one) => applyCaseEvent(state, one, bound), start());
    const fresh = snapshot('c3', [row('a', 3), row('b', 2), row('c')], bound);

    expect(new Map([...followed.cases].sort())).toEqual(fresh.cases);
    expect(followed.cursor).toBe(fresh.cursor);
  });
});
