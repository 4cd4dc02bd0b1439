import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Answer, Input } from './intents';
import { openOutbox, type OutboxOptions, type Picture } from './outbox';
import { memoryStore } from './store';
import { Failure } from './transport';

const DONE: Answer = { userErrors: [] };
const CUT = () => Promise.reject(new TypeError('Failed to fetch'));
const photo = (name: string, kind = 'AFTER'): Picture => ({ bytes: new Uint8Array([1, 2, 3]).buffer, type: 'image/jpeg', name, about: { kind } });
const accept = (order: string) => ({ mutation: 'workOrderAccept', input: { workOrderId: order }, chain: order });

/** A phone: what it holds outlives the page. The server says what `answers` says, then yes. */
function phone() {
  const held = new Map<string, string | ArrayBuffer>();
  const sent: { mutation: string; input: Input }[] = [];
  const answers: ((input: Input) => Promise<Answer>)[] = [];
  const uploads: string[] = [];
  let made = 0;
  const page = (more: Partial<OutboxOptions<Answer>> = {}) =>
    openOutbox<Answer>({
      store: memoryStore(held),
      owner: 'LIVE:chen',
      send: (mutation, input) => {
        sent.push({ mutation, input });
        return (answers.shift() ?? (() => Promise.resolve(DONE)))(input);
      },
      upload: async (_bytes, type) => {
        uploads.push(type);
        return `photo-${uploads.length}`;
      },
      key: () => `key-${++made}`,
      ...more,
    });
  return { held, sent, answers, uploads, page };
}

const keys = (sent: { input: Input }[]) => sent.map(({ input }) => input['idempotencyKey']);

describe('an outbox', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('sends at once where there is a line, and keeps nothing', async () => {
    const { held, sent, page } = phone();
    const done = vi.fn();
    const outbox = await page({ done });

    await outbox.add(accept('o1'));
    await outbox.flush();

    expect(sent).toEqual([{ mutation: 'workOrderAccept', input: { workOrderId: 'o1', idempotencyKey: 'key-2' } }]);
    expect(done).toHaveBeenCalledTimes(1);
    expect(held.size).toBe(0);
  });

  it('repeats under the same key after silence, until somebody answers', async () => {
    const { sent, answers, page } = phone();
    answers.push(CUT, CUT, () => Promise.reject(new Failure([{ message: '', extensions: { code: 'TIMEOUT' } }])));
    const outbox = await page();

    await outbox.add(accept('o1'));
    await vi.advanceTimersByTimeAsync(30_000);

    expect(sent).toHaveLength(4);
    expect(new Set(keys(sent)).size).toBe(1);
    expect(outbox.entries).toEqual([]);
  });

  it('outlives the page, with its photos, and sends them once each', async () => {
    const { sent, answers, uploads, held, page } = phone();
    answers.push(CUT);
    const first = await page();
    await first.add({ mutation: 'workOrderSubmit', input: { workOrderId: 'o1' }, pictures: [photo('前.jpg', 'BEFORE'), photo('后.jpg')] });
    await vi.advanceTimersByTimeAsync(0);
    first.close();
    expect(held.size).toBe(3);

    const second = await page();
    await second.flush();

    const evidence = [{ id: 'photo-1', kind: 'BEFORE' }, { id: 'photo-2', kind: 'AFTER' }];
    expect(sent.map(({ input }) => input['evidence'])).toEqual([evidence, evidence]);
    expect(keys(sent)[0]).toBe(keys(sent)[1]);
    expect(uploads).toHaveLength(2);
    expect(held.size).toBe(0);
  });

  it('keeps the order of a chain and lets others pass one that was refused', async () => {
    const { sent, answers, page } = phone();
    const refusal = { code: 'ILLEGAL_ACTION', message: '任务单当前状态不能接单。' };
    answers.push(async () => ({ userErrors: [refusal] }));
    const outbox = await page();

    await outbox.add(accept('o1'));
    await outbox.add({ ...accept('o1'), mutation: 'workOrderSubmit' });
    await outbox.add(accept('o2'));
    await outbox.flush();

    expect(sent.map(({ mutation, input }) => [mutation, input['workOrderId']])).toEqual([
      ['workOrderAccept', 'o1'],
      ['workOrderAccept', 'o2'],
    ]);
    expect(outbox.entries.map(({ state }) => state)).toEqual(['refused', 'waiting']);
    expect(outbox.entries[0]!.errors).toEqual([refusal]);

    await outbox.discard(outbox.entries[0]!.id);
    await outbox.flush();
    expect(sent.map(({ mutation }) => mutation)).toEqual(['workOrderAccept', 'workOrderAccept', 'workOrderSubmit']);
  });

  it('asks for the version when the line is back, and prepares anew once when it was overtaken', async () => {
    const { sent, answers, page } = phone();
    answers.push(async () => ({ userErrors: [{ code: 'CONFLICT', message: '' }] }));
    let version = 3;
    const outbox = await page({
      prepare: async (_entry, input) => ({ ...input, expectedVersion: version++ }),
      refused: (_entry, errors) => errors[0]!.code === 'CONFLICT',
    });

    await outbox.add(accept('o1'));
    await outbox.flush();

    expect(sent.map(({ input }) => input['expectedVersion'])).toEqual([3, 4]);
    expect(new Set(keys(sent)).size).toBe(2);
    expect(outbox.entries).toEqual([]);
  });

  it('does not repeat by itself what was sent a day ago', async () => {
    const { sent, answers, page } = phone();
    answers.push(CUT);
    let at = 0;
    const outbox = await page({ now: () => at });
    await outbox.add(accept('o1'));
    await vi.advanceTimersByTimeAsync(0);

    at = 24 * 3_600_000;
    await outbox.flush();
    expect(outbox.entries.map(({ state }) => state)).toEqual(['unsure']);
    expect(sent).toHaveLength(1);

    await outbox.retry(outbox.entries[0]!.id);
    await outbox.flush();
    expect(new Set(keys(sent)).size).toBe(2);
  });

  it('keeps apart what belongs to two people on one phone', async () => {
    const { answers, page } = phone();
    answers.push(CUT);
    const chen = await page();
    await chen.add(accept('o1'));
    chen.close();

    const wang = await page({ owner: 'LIVE:wang' });

    expect(wang.entries).toEqual([]);
    expect((await page()).entries).toHaveLength(1);
  });

  it('says so when a photo is gone from the phone', async () => {
    const { held, sent, answers, page } = phone();
    answers.push(CUT);
    const outbox = await page({ upload: CUT });
    await outbox.add({ mutation: 'workOrderSubmit', input: {}, pictures: [photo('后.jpg')] });
    await vi.advanceTimersByTimeAsync(0);
    held.forEach((_, key) => key.startsWith('gridcast.pictures') && held.delete(key));

    await outbox.flush();

    expect(outbox.entries[0]).toMatchObject({ state: 'refused', errors: [{ code: 'PICTURE_LOST' }] });
    expect(sent).toEqual([]);
  });
});
