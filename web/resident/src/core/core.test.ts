import { describe, expect, it } from 'vitest';
import { labels } from '@client/labels';
import { memoryStore } from '@client/store';
import type { Call, Platform } from '@client/platform';
import { albumOn } from './albums';
import { admitted, penOf, whileOpen } from './guests';
import { keptCases } from './kept';
import type { Machine, Shelf } from './machine';
import { emptyDraft, missingIn, taskOf } from './report';
import { CONSULTATION_STATES, resultOf, voteTask, voteTrouble } from './consultations';
import { askedBy, ownQuestions, questionTrouble, sureness } from './questions';
import { momentText, offered, OUTCOMES, placeOf, STAGES, titleOf } from './words';
import { accentOf, onBrand } from '../colours';

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
    expect(accentOf('#1A6B54')).toEqual({ accent: '#1a6b54', soft: '#e6efec' });
    expect(accentOf('#FFD34E').accent).not.toBe('#ffd34e'); // yellow words on pale yellow cannot be read
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

  it('may be for somebody else, and be answered by telephone where there is a number', () => {
    const draft = { ...emptyDraft('SERVICE_REQUEST'), text: '配钥匙', place: { grid: { id: 'g', name: '第1网格' } } };

    expect(missingIn({ ...draft, isCalled: true })).toBe('call');
    expect(missingIn({ ...draft, other: { name: '', phone: '13812340000' } })).toBe('other');
    expect(missingIn({ ...draft, other: { name: '长'.repeat(41), phone: '' } })).toBe('long');
    const whole = { ...draft, phone: ' 0512-1234 ', isCalled: true, other: { name: '王奶奶', phone: '' } };
    expect(missingIn(whole)).toBe(null);
    expect(taskOf(whole).input).toEqual({
      kind: 'SERVICE_REQUEST', description: '配钥匙', grid: 'g', contact: { phone: '0512-1234' }, channel: 'PHONE', onBehalfOf: { name: '王奶奶' },
    });
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

  it('says why nobody is let in, and asks again', async () => {
    const said: string[] = [];
    let asked = 0;
    const machine = machineOf(() =>
      asked++ ? [201, { token: 'in' }] : [404, { errors: [{ message: '没有登记应用', extensions: { code: 'APP_UNKNOWN' } }] }],
    );

    expect(await penOf(machine, 'gone', { no: ({ code }) => said.push(code) }).current()).toBe('in');

    expect(said).toEqual(['APP_UNKNOWN']);
  });

  it('waits for no token any more once somebody else is let in', async () => {
    const open = whileOpen();
    const nobody = open.of({ current: () => new Promise(() => undefined), reject: () => undefined });
    const waiting = nobody.current();

    open.close();

    await expect(waiting).rejects.toThrow('closed');
    await expect(nobody.current()).rejects.toThrow('closed');
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

describe('scenes', () => {
  it('are those of the app, all of them without one', () => {
    const kinds = (app: Parameters<typeof offered>[0]) => offered(app).map(({ kind }) => kind);

    expect(kinds({ scenes: ['VOICE', 'PROBLEM'] })).toEqual(['PROBLEM', 'VOICE']);
    expect(kinds(null)).toEqual(['PROBLEM', 'SERVICE_REQUEST', 'QUESTION', 'VOICE']);
  });
});

describe('questions', () => {
  const told = { told: [], isSure: false };

  it('are each there once, the newest first, and belong to who asked them', () => {
    const shelf = shelfOf();
    const mine = askedBy(shelf, 'LIVE:zhang');
    mine.add('停车', told, 1);
    const person = mine.add('医保', told, 2);
    mine.handedIn(person.id, 'A1');
    mine.add('停车', told, 3);
    mine.add('医保', told, 4);

    expect(mine.all().map(({ question, at, number }) => [question, at, number])).toEqual([
      ['医保', 4, null], ['停车', 3, null], ['医保', 2, 'A1'],
    ]);
    expect(askedBy(shelf, 'LIVE:li').all()).toEqual([]);
  });

  it('stand beside what a person answered, also where another phone asked', () => {
    const [here] = [askedBy(shelfOf(), '').add('医保', told, Date.parse('2026-11-23T01:00:00Z'))];
    const row = (number: string, submittedAt: string) => ({ number, submittedAt, description: number, responses: [{ at: submittedAt, text: '可以' }] });

    const own = ownQuestions([{ ...here, number: 'A1' }], [row('A2', '2026-11-23T02:00:00Z'), row('A1', '2026-11-23T01:00:00Z')]);

    expect(own.map(({ question, row: one }) => [question, one?.number])).toEqual([['A2', 'A2'], ['医保', 'A1']]);
  });

  it('have an answer that is sure, or says that it is not', () => {
    expect([0.75, 0.45, 0.44].map((one) => [sureness(one).zh, sureness(one).isSure])).toEqual([
      ['很符合您的问题', true], ['基本符合您的问题', true], ['不一定是您要问的', false],
    ]);
    expect(questionTrouble(' ')?.zh).toBe('请写下您的问题。');
    expect(questionTrouble('🙂'.repeat(200))).toBe(null);
    expect(questionTrouble('🙂'.repeat(201))?.en).toContain('200');
  });
});

describe('a consultation', () => {
  const open = { id: 'c', title: '小广场', options: ['健身角', '停车位'] };

  it('takes one vote, and says so to a second one', () => {
    const myVote = { choice: 1, words: '停车难', at: '' };

    expect(voteTrouble({ choice: null, words: '' }, {})?.zh).toBe('请先选一项。');
    expect(voteTrouble({ choice: 1, words: '停车难 ' }, { myVote })?.zh).toContain('已经投过');
    expect(voteTrouble({ choice: 0, words: '停车难' }, { myVote })).toBe(null);
    expect(voteTask(open, { choice: 1, words: ' ' }).input).toEqual({ id: 'c', choice: 1 });
  });

  it('is told in shares of who took part', () => {
    const options = [{ option: '健身角', votes: 2 }, { option: '停车位', votes: 1 }];

    const result = resultOf({ digest: { voters: 3, spoke: 0, options, topics: [] }, myVote: { choice: 1, at: '' } });

    expect(result?.map(({ percent, isMine }) => [percent, isMine])).toEqual([[67, false], [33, true]]);
    expect(resultOf({ digest: null })).toBe(null);
  });

  it('has the states of the contract', () => {
    expect(Object.keys(CONSULTATION_STATES)).toEqual(Object.keys(labels.ConsultationState));
  });
});

describe('a title', () => {
  it('is what was said where nobody has named a matter', () => {
    expect(titleOf({ title: '道路破损 · 二郎巷社区居委会第1网格', description: '坑' })).toBe('道路破损');
    expect(titleOf({ title: '报事 · 二郎巷社区居委会第1网格', description: ' 路上\n有坑 ' })).toBe('路上 有坑');
    expect(titleOf({ title: '我有话说 · 二郎巷社区居委会第1网格', description: '🕳️'.repeat(30) })).toBe(`${'🕳️'.repeat(12)}…`);
    expect(titleOf({ title: '报事 · 二郎巷社区居委会第1网格', description: null })).toBe('报事');
  });

  it('names the place once, and not its committee', () => {
    expect(placeOf('报事 · 二郎巷社区居委会第1网格')).toBe('二郎巷社区 第1网格');
    expect(placeOf('报事 · 养育巷社区居委会养育巷社区卫生服务中心专属网格')).toBe('养育巷社区卫生服务中心专属网格');
    expect(placeOf('报事 · 荷花村委会第1网格')).toBe('荷花村 第1网格');
    expect(placeOf('道路破损')).toBe('');
  });
});

describe('photos of a draft', () => {
  const photo = (n: number) => ({ bytes: new Uint8Array([n]).buffer, type: 'image/jpeg' as const, name: `${n}.jpg` });

  it('come back after a reload, in order, and go when they are dropped', async () => {
    const store = memoryStore();
    const written = albumOn(async () => store);
    const kept = written.keep([photo(1), photo(2)]);
    await written.settled();

    const found = await albumOn(async () => store).take(kept);
    await written.drop(kept.slice(0, 1));

    expect(found.map(({ bytes, name }) => [...new Uint8Array(bytes), name])).toEqual([[1, '1.jpg'], [2, '2.jpg']]);
    expect((await written.take(kept)).map(({ name }) => name)).toEqual(['2.jpg']);
    expect(written.keep(found).map(({ key }) => key)).toEqual(kept.map(({ key }) => key));
  });

  it('are not kept for longer than a day, nor missed where the phone is full', async () => {
    let now = 1_000_000;
    const held = new Map<string, string | ArrayBuffer>();
    const store = { ...memoryStore(held), putBytes: async (key: string, bytes: ArrayBuffer) => { if (held.size) throw new Error('full'); held.set(key, bytes); } };
    const album = albumOn(async () => store, () => now);
    const kept = album.keep([photo(1), photo(2)]);

    expect((await album.take(kept)).map(({ name }) => name)).toEqual(['1.jpg']);
    now += 86_400_001;
    await album.sweep();
    expect(held.size).toBe(0);
  });
});
