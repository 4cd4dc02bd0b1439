// Tokens of people without an account. One guest hands one case in; its number and token open it again.
import { Failure, type ErrorEntry } from '@client/transport';
import { createTokens, type Tokens } from '@client/tokens';
import { pause, backoff } from '@client/platform';
import type { Machine } from './machine';

const PEN = 'gridcast.resident/pen';
const ASK_MS = 15_000;

interface Asked {
  token?: string;
  errors?: readonly ErrorEntry[];
}

/** POST /guest. Throws `Failure` for a no, anything else for silence. */
export async function admitted(machine: Machine, body: Record<string, string>): Promise<string> {
  const { status, text } = await machine.platform.send({
    method: 'POST',
    url: `${machine.origin}/guest`,
    headers: { 'Content-Type': 'application/json', 'Accept-Language': 'zh-CN' },
    body: JSON.stringify(body),
    wants: 'text',
    timeoutMs: ASK_MS,
  });
  const answer = JSON.parse(text) as Asked;
  if (status === 201 && answer.token) return answer.token;
  throw new Failure(answer.errors ?? [{ message: `HTTP ${status}` }]);
}

/** Asks until somebody answers; a no is no answer to a call that cannot go on without a token, so that is asked again too. */
async function untilAdmitted(ask: () => Promise<string>, { no, isOver }: Watch = {}): Promise<string> {
  for (let attempt = 0; !isOver?.(); attempt++) {
    try {
      const token = await ask();
      if (!isOver?.()) return token;
    } catch (error) {
      if (error instanceof Failure) no?.(error);
      await pause(backoff(attempt));
    }
  }
  return new Promise(() => undefined);
}

export interface Watch {
  /** Told why nobody is let in. */
  no?: ((failure: Failure) => void) | undefined;
  /** Nobody waits for it any more: what comes is not kept. */
  isOver?: () => boolean;
}

export interface Pen extends Tokens {
  /** Its one case is handed in: the next needs another guest. */
  spend(): void;
}

/**
 * The guest who hands in next. The same one until the case has arrived, also over restarts and after the token ended:
 * what was sent and never answered is repeated by the same guest, and so has one effect.
 */
export function penOf(machine: Machine, app: string, watch: Watch = {}): Pen {
  const key = `${PEN}/${app}`;
  const keep = (token: string) => {
    machine.shelf.put(key, token);
    return token;
  };
  const fresh = () => admitted(machine, app ? { app } : {});
  async function same(ended: string): Promise<string> {
    try {
      return await admitted(machine, { again: ended, ...(app ? { app } : {}) });
    } catch (error) {
      if (error instanceof Failure && error.code === 'UNAUTHENTICATED') return fresh(); // too long ago, or taken back
      throw error;
    }
  }

  const made = (): Tokens =>
    createTokens(machine.shelf.get(key), (refused) => {
      const known = refused ? machine.shelf.get(key) : null;
      return untilAdmitted(() => (known ? same(known) : fresh()), watch).then(keep);
    });
  let tokens = made();
  return {
    current: () => tokens.current(),
    reject: (token) => tokens.reject(token),
    spend() {
      machine.shelf.remove(key);
      tokens = made();
    },
  };
}

/** Until `close`: then whoever waits for a token is told that none will come, and lets go of what others need. */
export function whileOpen() {
  const waiting = new Set<() => void>();
  let isOver = false;
  const of = (tokens: Tokens): Tokens => ({
    current: () =>
      new Promise((resolve, refuse) => {
        const giveUp = () => refuse(new Error('closed'));
        if (isOver) return giveUp();
        waiting.add(giveUp);
        tokens.current().then(resolve, refuse).finally(() => waiting.delete(giveUp)).catch(() => undefined);
      }),
    reject: (token) => tokens.reject(token),
  });
  return {
    of,
    isOver: () => isOver,
    close() {
      isOver = true;
      waiting.forEach((giveUp) => giveUp());
    },
  };
}

export type WhileOpen = ReturnType<typeof whileOpen>;

/** Who holds number and token of a case acts as who handed it in. */
export function passOf(machine: Machine, app: string, number: string, token: string): Tokens {
  return createTokens(null, () => untilAdmitted(() => admitted(machine, { number, token, ...(app ? { app } : {}) })));
}
