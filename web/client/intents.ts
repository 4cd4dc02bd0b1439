// One intent, one effect: a second click joins the first, a retry after silence repeats it under the same key, and the
// server answers a key it knows with what it answered before.
import { Failure } from './transport';

export interface UserError {
  code: string;
  message: string;
  field?: readonly string[] | null;
}

export type Outcome<C> =
  | { kind: 'done'; case: C | null }
  | { kind: 'refused'; errors: readonly UserError[] }
  /** The server said that it could not, and did nothing. */
  | { kind: 'failed'; message: string }
  /** No answer: it may have been done. Sending the same again is safe. */
  | { kind: 'silence' };

export interface Answer {
  userErrors: readonly UserError[];
}

export interface Payload<C> extends Answer {
  case?: C | null;
}

export type Input = Record<string, unknown>;
export type Send<P extends Answer> = (mutation: string, input: Input) => Promise<P>;

/** 128 bits by chance. A mini-program has no `crypto`; there the time makes up for a poor die. */
export const newKey = (): string => {
  const words =
    typeof crypto === 'undefined'
      ? [Date.now() % 2 ** 32, ...Array.from({ length: 3 }, () => Math.floor(Math.random() * 2 ** 32))]
      : [...crypto.getRandomValues(new Uint32Array(4))];
  return words.reduce((text, n) => text + n.toString(16).padStart(8, '0'), '');
};

export type Verdict<P> =
  | { kind: 'done'; payload: P }
  | { kind: 'refused'; errors: readonly UserError[] }
  /** `isOver`: it was surely not done, the key is free. Else it may have been: the key is kept. */
  | { kind: 'failed'; code: string; message: string; isOver: boolean }
  | { kind: 'silence' };

/** What became of something that was sent. */
export async function verdictOf<P extends Answer>(sent: Promise<P>): Promise<Verdict<P>> {
  try {
    const payload = await sent;
    return payload.userErrors.length ? { kind: 'refused', errors: payload.userErrors } : { kind: 'done', payload };
  } catch (error) {
    if (!(error instanceof Failure)) return { kind: 'silence' };
    // A server that was interrupted or masked its own mistake may have done it.
    const isOver = !['TIMEOUT', 'INTERNAL'].includes(error.code);
    return { kind: 'failed', code: error.code, message: error.message, isOver };
  }
}

export function createIntents<C>(send: Send<Payload<C>>, key: () => string = newKey) {
  /** What is on its way, by what it is. */
  const under = new Map<string, Promise<Outcome<C>>>();
  /** Keys of what was sent and never answered. */
  const unanswered = new Map<string, string>();

  async function attempt(mutation: string, input: Input, what: string): Promise<Outcome<C>> {
    const idempotencyKey = unanswered.get(what) ?? key();
    unanswered.set(what, idempotencyKey);
    const verdict = await verdictOf(send(mutation, { ...input, idempotencyKey }));
    if (verdict.kind === 'silence') return verdict;
    if (verdict.kind !== 'failed' || verdict.isOver) unanswered.delete(what);
    if (verdict.kind === 'done') return { kind: 'done', case: verdict.payload.case ?? null };
    return verdict.kind === 'failed' ? { kind: 'failed', message: verdict.message } : verdict;
  }

  return {
    carryOut(mutation: string, input: Input): Promise<Outcome<C>> {
      const what = JSON.stringify([mutation, input]);
      const known = under.get(what);
      if (known) return known;
      const work = attempt(mutation, input, what).finally(() => under.delete(what));
      under.set(what, work);
      return work;
    },
  };
}
