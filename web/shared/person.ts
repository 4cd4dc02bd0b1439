// The token of a person at a screen. On a development machine a role may be chosen instead; that is remembered for the tab only.
import { watch } from 'vue';
import { createTokenSource, developmentToken, type TokenSource } from './tokens';

export interface PersonSource extends TokenSource {
  /** Calls `act` when another token takes the place of one: somebody else may sit here now. */
  onNewToken(act: () => void): void;
  /** Signs in as a role of the development server; false where that is refused. */
  signInAs(role: string, scope: string): Promise<boolean>;
  signOut(): void;
}

/** `screen` names what is kept: `desk`, `provider`. */
export function createPersonSource(screen: string): PersonSource {
  const roleKey = `gridcast.${screen}-development`;
  const tokenKey = `gridcast.${screen}-token`;

  async function offered(refused: boolean): Promise<string | null> {
    const chosen = sessionStorage.getItem(roleKey);
    if (!chosen) return null;
    if (refused) {
      sessionStorage.removeItem(roleKey);
      return null;
    }
    return developmentToken(chosen);
  }

  const source = createTokenSource(tokenKey, offered);

  async function signInAs(role: string, scope: string): Promise<boolean> {
    const query = `?${new URLSearchParams({ role, ...(scope ? { scope } : {}) }).toString()}`;
    const token = await developmentToken(query);
    if (!token) return false;
    sessionStorage.setItem(roleKey, query);
    source.asking.value?.answer(token);
    localStorage.removeItem(tokenKey);
    return true;
  }

  function signOut(): void {
    sessionStorage.removeItem(roleKey);
    localStorage.removeItem(tokenKey);
    location.reload();
  }

  const onNewToken = (act: () => void) => void watch(source.asking, (is, was) => was && !is && act());

  return { ...source, onNewToken, signInAs, signOut };
}
