// Who holds the token: everything that talks to the server asks here and reports refusals here.

export interface Tokens {
  /** The present token; waits until there is one. Never rejects. */
  current(): Promise<string>;
  /** The server refused `token`. A refusal of a token that was already replaced changes nothing. */
  reject(token: string): void;
}

/** `obtain` is called once per refusal; it may take as long as a person needs to paste a token. */
export function createTokens(initial: string | null, obtain: (refused: boolean) => Promise<string>): Tokens {
  let known: Promise<string> | null = initial ? Promise.resolve(initial) : null;
  let value = initial;

  function renew(refused: boolean): Promise<string> {
    known = obtain(refused).then((token) => (value = token));
    return known;
  }

  return {
    current: () => known ?? renew(false),
    reject(token) {
      if (token !== value) return;
      value = null;
      void renew(true);
    },
  };
}

/** The same tokens as long as they are `owner`'s; under anybody else's nothing is sent. */
export function tokensOf(owner: string, tokens: Tokens): Tokens {
  return {
    async current() {
      const token = await tokens.current();
      if (subjectOf(token) !== owner) throw new Error('somebody else is signed in');
      return token;
    },
    reject: (token) => tokens.reject(token),
  };
}

/**
 * Whose token it is, for naming what is kept on this machine. Read, not verified: only the server can do that.
 * Null where the text is not a token of ours.
 */
export function subjectOf(token: string): string | null {
  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'; // a mini-program has no atob
  const claims = token.split('.')[1] ?? '';
  let bits = 0;
  let held = 0;
  const bytes: string[] = [];
  for (const one of claims) {
    held = ((held << 6) | ALPHABET.indexOf(one)) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push(`%${((held >> bits) & 0xff).toString(16).padStart(2, '0')}`);
  }
  try {
    const { sub, realm } = JSON.parse(decodeURIComponent(bytes.join(''))) as { sub?: string; realm?: string };
    return sub ? `${realm ?? ''}:${sub}` : null;
  } catch {
    return null;
  }
}
