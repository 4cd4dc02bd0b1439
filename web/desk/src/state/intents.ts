// One intent, one effect: a second click joins the first, a retry after silence repeats it under the same key, and the
// server answers a key it knows with what it answered before.
import { Failure } from '@client/transport';

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

export interface Payload<C> {
  case?: C | null;
  userErrors: readonly UserError[];
}

type Input = Record<string, unknown>;
type Send<C> = (mutation: string, input: Input) => Promise<Payload<C>>;

const newKey = () => crypto.getRandomValues(new Uint32Array(4)).reduce((text, n) => text + n.toString(16).padStart(8, '0'), '');

export function createIntents<C>(send: Send<C>, key: () => string = newKey) {
  /** What is on its way, by what it is. */
  const under = new Map<string, Promise<Outcome<C>>>();
  /** Keys of what was sent and never answered. */
  const unanswered = new Map<string, string>();

  async function attempt(mutation: string, input: Input, what: string): Promise<Outcome<C>> {
    const idempotencyKey = unanswered.get(what) ?? key();
    unanswered.set(what, idempotencyKey);
    try {
      const { userErrors, ...payload } = await send(mutation, { ...input, idempotencyKey });
      unanswered.delete(what);
      return userErrors.length ? { kind: 'refused', errors: userErrors } : { kind: 'done', case: payload.case ?? null };
    } catch (error) {
      if (!(error instanceof Failure)) return { kind: 'silence' };
      // A server that was interrupted or masked its own mistake may have done it: the key is kept.
      if (!['TIMEOUT', 'INTERNAL'].includes(error.code)) unanswered.delete(what);
      return { kind: 'failed', message: error.message };
    }
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
