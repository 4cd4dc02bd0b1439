// A person's token. On a development machine a role may be chosen instead; it is remembered for this tab only.
import { watch } from 'vue';
import { createTokenSource, developmentToken } from '@shared/tokens';

const ROLE_KEY = 'gridcast.desk-development';

async function offered(refused: boolean): Promise<string | null> {
  const chosen = sessionStorage.getItem(ROLE_KEY);
  if (!chosen) return null;
  if (refused) {
    sessionStorage.removeItem(ROLE_KEY);
    return null;
  }
  return developmentToken(chosen);
}

export const { tokens, asking, forget: changeToken } = createTokenSource('gridcast.desk-token', offered);

/** Calls `act` when another token takes the place of one: somebody else may sit here now. */
export function onNewToken(act: () => void): void {
  watch(asking, (is, was) => was && !is && act());
}

/** Signs in as a role of the development server; false where that is refused. */
export async function signInAs(role: string, scope: string): Promise<boolean> {
  const query = `?${new URLSearchParams({ role, ...(scope ? { scope } : {}) }).toString()}`;
  const token = await developmentToken(query);
  if (!token) return false;
  sessionStorage.setItem(ROLE_KEY, query);
  asking.value?.answer(token);
  localStorage.removeItem('gridcast.desk-token');
  return true;
}

export function signOut(): void {
  sessionStorage.removeItem(ROLE_KEY);
  localStorage.removeItem('gridcast.desk-token');
  location.reload();
}
