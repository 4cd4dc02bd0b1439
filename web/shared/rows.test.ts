import { describe, expect, it } from 'vitest';
import { Rows } from './rows';

type Row = { id: string; version: number; isOpen: boolean };

const row = (id: string, version: number, isOpen = true): Row => ({ id, version, isOpen });
const changed = (one: Row) => ({ kind: 'CHANGED' as const, cursor: 'c', seq: '1', caseId: one.id, version: one.version, case: one });
const left = (id: string, version: number) => ({ kind: 'LEFT_VIEW' as const, cursor: 'c', seq: '1', caseId: id, version });

describe('the rows of a desk', () => {
  it('keep the newer version, whichever comes first', () => {
    const rows = new Rows<Row>();

    rows.apply(changed(row('a', 3)));
    rows.take(row('a', 2));
    rows.take(row('b', 1));
    rows.apply(changed(row('b', 2)));

    expect(rows.all()).toEqual([row('a', 3), row('b', 2)]);
  });

  it('do not bring back what left while an older page was on its way', () => {
    const rows = new Rows<Row>();

    rows.apply(left('a', 4));
    rows.apply(changed(row('b', 5, false)));
    rows.take(row('a', 3));
    rows.take(row('b', 4));

    expect(rows.all()).toEqual([]);
  });

  it('take a case up again that comes back later', () => {
    const rows = new Rows<Row>();

    rows.take(row('a', 3));
    rows.apply(left('a', 4));
    rows.apply(changed(row('a', 5)));

    expect(rows.all()).toEqual([row('a', 5)]);
  });

  it('keep what a later event already changed when an older departure is replayed', () => {
    const rows = new Rows<Row>();

    rows.take(row('a', 6));
    rows.apply(left('a', 4));

    expect(rows.all()).toEqual([row('a', 6)]);
  });

  it('hold ten thousand and change one of them without touching the others', () => {
    const rows = new Rows<Row>();
    for (let n = 0; n < 10_000; n++) rows.take(row(`c${n}`, 1));
    const before = rows.get('c1');

    rows.apply(changed(row('c5000', 2)));

    expect(rows.size).toBe(10_000);
    expect(rows.get('c5000')?.version).toBe(2);
    expect(rows.get('c1')).toBe(before);
  });
});
