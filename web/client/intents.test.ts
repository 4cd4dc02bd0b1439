import { Failure } from './transport';
import { describe, expect, it } from 'vitest';
import { createIntents, type Payload } from './intents';

type Sent = { mutation: string; key: unknown; answer: (payload: Payload<{ version: number }>) => void; fail: (error: unknown) => void };

function stage() {
  const sent: Sent[] = [];
  let made = 0;
  const { carryOut } = createIntents<{ version: number }>(
    (mutation, input) => new Promise((answer, fail) => sent.push({ mutation, key: input['idempotencyKey'], answer, fail })),
    () => `key-${++made}`,
  );
  return { sent, carryOut };
}

const INPUT = { caseId: 'c1', expectedVersion: 3 };
const DONE = { case: { version: 4 }, userErrors: [] };

describe('an intent', () => {
  it('is sent once, however often somebody clicks', async () => {
    const { sent, carryOut } = stage();

    const clicks = [carryOut('caseAccept', INPUT), carryOut('caseAccept', { ...INPUT })];
    sent[0]!.answer(DONE);

    expect(await Promise.all(clicks)).toEqual([{ kind: 'done', case: { version: 4 } }, { kind: 'done', case: { version: 4 } }]);
    expect(sent).toHaveLength(1);
  });

  it('keeps its key when nobody answered, so that trying again has one effect', async () => {
    const { sent, carryOut } = stage();
    const first = carryOut('caseAccept', INPUT);
    sent[0]!.fail(new TypeError('Failed to fetch'));
    expect(await first).toEqual({ kind: 'silence' });

    const second = carryOut('caseAccept', INPUT);
    sent[1]!.answer(DONE);

    expect(await second).toMatchObject({ kind: 'done' });
    expect(sent.map(({ key }) => key)).toEqual(['key-1', 'key-1']);
  });

  it('takes a new key for other words, and after every definite answer', async () => {
    const { sent, carryOut } = stage();
    const first = carryOut('caseClose', INPUT);
    sent[0]!.answer({ case: null, userErrors: [{ code: 'RESPONSE_REQUIRED', message: '请先向上报人作出回应并送达。' }] });
    expect(await first).toMatchObject({ kind: 'refused', errors: [{ code: 'RESPONSE_REQUIRED' }] });

    void carryOut('caseClose', INPUT);
    void carryOut('caseClose', { ...INPUT, expectedVersion: 4 });

    expect(sent.map(({ key }) => key)).toEqual(['key-1', 'key-2', 'key-3']);
  });

  it('keeps its key when the server broke off, and drops it when the server refused to begin', async () => {
    const { sent, carryOut } = stage();
    for (const code of ['TIMEOUT', 'RATE_LIMITED']) {
      const work = carryOut('caseSign', INPUT);
      sent[sent.length - 1]!.fail(new Failure([{ message: code, extensions: { code } }]));
      expect(await work).toEqual({ kind: 'failed', message: code });
    }

    void carryOut('caseSign', INPUT);

    expect(sent.map(({ key }) => key)).toEqual(['key-1', 'key-1', 'key-2']);
  });
});
