// Where the wall's token comes from: the development server on loopback, else a person, once.
import { ref } from 'vue';
import { createTokens } from '@client/tokens';

const KEY = 'gridcast.display-token';

/** Set while the wall waits for somebody to paste a token. */
export const asking = ref<{ refused: boolean; answer: (token: string) => void } | null>(null);

const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname);
let dialled = false;

async function fromDevelopment(): Promise<string | null> {
  if (!isLoopback) return null;
  if (dialled) await new Promise((resolve) => setTimeout(resolve, 2_000)); // a server that refuses its own tokens
  dialled = true;
  try {
    const answer = await fetch('/dev/token', { headers: { Accept: 'application/json' } });
    if (!answer.ok) return null;
    return ((await answer.json()) as { token?: string }).token ?? null;
  } catch {
    return null;
  }
}

function fromPerson(refused: boolean): Promise<string> {
  return new Promise((resolve) => {
    asking.value = {
      refused,
      answer: (token) => {
        asking.value = null;
        localStorage.setItem(KEY, token);
        resolve(token);
      },
    };
  });
}

async function obtain(refused: boolean): Promise<string> {
  const development = await fromDevelopment();
  if (development) return development;
  const kept = localStorage.getItem(KEY);
  if (kept && !refused) return kept;
  localStorage.removeItem(KEY);
  return fromPerson(refused);
}

export const tokens = createTokens(null, obtain);
