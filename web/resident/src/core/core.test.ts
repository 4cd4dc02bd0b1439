import { describe, expect, it } from 'vitest';
import { labels } from '@client/labels';
import { memoryStore } from '@client/store';
import type { Call, Platform } from '@client/platform';
import { admitted, penOf } from './guests';
import { keptCases } from './kept';
import type { Machine, Shelf } from './machine';
import { emptyDraft, missingIn, taskOf } from './report';
import { momentText, OUTCOMES, STAGES } from './words';
import { onBrand } from '../colours';

const shelfOf = (held = new Map<string, string>()): Shelf => ({
  get: (key) => held.get(key) ?? null,
  put: (key, text) => (held.set(key, text), true),
  remove: (key) => void held.delete(key),
});

function machineOf(answer: (body: Record<string, string>) => [number, unknown], shelf = shelfOf()): Machine {
  const send = async ({ body }: Call) => {
    const [status, told] = answer(JSON.parse(String(body)) as Record<string, string>);
    return { status, type: 'application/json', text: JSON.stringify(told), bytes: new ArrayBuffer(0) };
  };
  const platform: Platform = { send, Socket: null, read: null, alone: null };
  return { platform, origin: 'http://here', store: memoryStore(), shelf };
}

describe('words', () => {
  it('are those of the contract', () => {
    const zh = (words: Record<string, { zh: string }>) => Object.fromEntries(Object.entries(words).map(([name, word]) => [name, word.zh]));

    expect(STAGES).toEqual(zh(labels.PlainStage));
    expect(OUTCOMES).toEqual(zh(labels.CaseOutcome));
  });

  it('tell moments by the clock of the city', () => {
    const now = Date.parse('2026-11-23T07:00:00Z');

    expect(momentText('2026-11-22T16:05:00Z', now)).toBe('11月23日 00:05');
    expect(momentText('2025-12-31T15:59:00Z', now)).toBe('2025年12月31日 23:59');
  });

  it('stand out from the colour of the app', () => {
    expect([onBrand('#1A6B54'), onBrand('#FFD34E')]).toEqual(['#ffffff', '#10181f']);
  });
});

describe('a report', () => {
  it('asks for what is missing, and needs no words beside a matter', () => {
    const draft = { ...emptyDraft('PROBLEM'), matter: { id: 'm', name: '道路破损' } };
    const placed = { ...draft, place: { grid: { id: 'g', name: '第1网格' } } };

    expect(missingIn(emptyDraft('PROBLEM'))).toBe('what');
    expect(missingIn(draft)).toBe('place');
    expect(missingIn({ ...placed, phone: '转 8 号' })).toBe('phone');
    expect(missingIn({ ...placed, text: '🕳️'.repeat(2_000) })).toBe(null);
    expect(missingIn({ ...placed, text: '长'.repeat(4_001) })).toBe('long');
    expect(taskOf(placed).input).toEqual({ kind: 'PROBLEM', description: '道路破损', matter: 'm', grid: 'g' });
  });
});

describe('a guest', () => {
  it('stays the same until the case has arrived, also when the token ended', async () => {
    const asked: Record<string, string>[] = [];
    const shelf = shelfOf();
    const machine = machineOf((body) => [201, { token: `t${asked.push(body)}` }], shelf);

    const pen = penOf(machine, 'erlang');
    expect(await pen.current()).toBe('t1');
    pen.reject('t1');
    expect(await pen.current()).toBe('t2');
    expect(await penOf(machine, 'erlang').current()).toBe('t2');
    pen.spend();
    expect(await pen.current()).toBe('t3');

    expect(asked).toEqual([{ app: 'erlang' }, { again: 't1', app: 'erlang' }, { app: 'erlang' }]);
  });

  it('is somebody else when the old token opens nothing any more', async () => {
    const machine = machineOf((body) =>
      body['again'] ? [401, { errors: [{ message: '请登录', extensions: { code: 'UNAUTHENTICATED' } }] }] : [201, { token: 'new' }],
    );
    machine.shelf.put('gridcast.resident/pen/', 'old');
    const pen = penOf(machine, '');

    expect(await pen.current()).toBe('old');
    pen.reject('old');

    expect(await pen.current()).toBe('new');
    await expect(admitted(machine, { again: 'x' })).rejects.toThrow('请登录');
  });
});

describe('kept cases', () => {
  it('are each there once, the newest first, and bear what somebody else wrote', () => {
    const shelf = shelfOf(new Map([['gridcast.resident/cases', '{']]));
    const kept = keptCases(shelf);
    const one = (number: string) => ({ id: number, number, token: 't', title: '', at: 1 });

    expect(kept.all()).toEqual([]);
    kept.add(one('1'));
    kept.add(one('2'));
    kept.add(one('1'));

    expect(kept.all().map(({ number }) => number)).toEqual(['1', '2']);
    kept.remove('1');
    expect(kept.of('1')).toBe(null);
  });
});
