// Where a screen's token comes from: the development server on loopback, else a person, once.
import { shallowRef, type ShallowRef } from 'vue';
import { createTokens, type Tokens } from '@client/tokens';

export interface Asking {
  refused: boolean;
  answer(token: string): void;
}

export interface TokenSource {
  tokens: Tokens;
  /** Set while the screen waits for somebody to paste a token. */
  asking: ShallowRef<Asking | null>;
  /** Put the present token away and ask again. */
  forget(): void;
}

/** A token may be given out by the development server, and only to pages of this machine. */
export const isLoopback = () => ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname);

export async function developmentToken(query = ''): Promise<string | null> {
  if (!isLoopback()) return null;
  try {
    const answer = await fetch(`/dev/token${query}`, { headers: { Accept: 'application/json' } });
    if (!answer.ok) return null;
    return ((await answer.json()) as { token?: string }).token ?? null;
  } catch {
    return null;
  }
}

/** `offered` is asked before a person is: it may know of a token without one. */
export function createTokenSource(key: string, offered: (refused: boolean) => Promise<string | null>): TokenSource {
  const asking = shallowRef<Asking | null>(null);
  let present = '';

  const fromPerson = (refused: boolean) =>
    new Promise<string>((resolve) => {
      asking.value = {
        refused,
        answer(token) {
          asking.value = null;
          localStorage.setItem(key, token);
          resolve(token);
        },
      };
    });

  async function obtain(refused: boolean): Promise<string> {
    const given = await offered(refused);
    if (given) return (present = given);
    const kept = localStorage.getItem(key);
    if (kept && !refused) return (present = kept);
    localStorage.removeItem(key);
    return (present = await fromPerson(refused));
  }

  const tokens = createTokens(null, obtain);
  return { tokens, asking, forget: () => tokens.reject(present) };
}
