import { describe, expect, it } from 'vitest';
import { below, onTop, type Paged } from './paging';

const page = (ids: string, next: string | null, version = 1): Paged<{ id: string; version: number }> => ({ rows: [...ids].map((id) => ({ id, version })), next });
const ids = ({ rows }: Paged<{ id: string }>) => rows.map(({ id }) => id).join('');

describe('a list read by pages', () => {
  it('grows downwards and shows nothing twice, though something slid down meanwhile', () => {
    const both = below(page('abc', 'c'), page('cde', 'e'));

    expect([ids(both), both.next]).toEqual(['abcde', 'e']);
  });

  it('keeps what somebody has scrolled down to when its top is read anew', () => {
    const known = below(page('abc', 'c'), page('de', null));

    const now = onTop(page('xab', 'b', 2), known);

    expect([ids(now), now.next]).toEqual(['xabcde', null]);
    expect(now.rows.map(({ version }) => version)).toEqual([2, 2, 2, 1, 1, 1]);
  });

  it('lets go of what has left the top', () => {
    expect(ids(onTop(page('acd', 'd'), page('abcde', 'e')))).toBe('acde');
  });

  it('begins anew where nothing joins on: between them others may be missing', () => {
    const now = onTop(page('xyz', 'z'), page('abcdef', 'f'));

    expect([ids(now), now.next]).toEqual(['xyz', 'z']);
  });

  it('is the first page where nothing was known', () => {
    expect(onTop(page('ab', null), null)).toEqual(page('ab', null));
  });
});
