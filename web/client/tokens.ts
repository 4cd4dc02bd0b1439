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
