// Queries over HTTP. No framework, no dependency: copy it into a mini-program and replace `fetch`.
import type { Tokens } from './tokens';

/** A typed document as GraphQL Code Generator prints it in `documentMode: string`. */
export interface TypedDocument<Result, Variables> {
  toString(): string;
  __apiType?: (variables: Variables) => Result;
}

export interface ErrorEntry {
  message: string;
  extensions?: { code?: string; requestId?: string; cursor?: string };
}

/** The server answered with errors; `code` is the stable word of the first one. */
export class Failure extends Error {
  constructor(readonly errors: readonly ErrorEntry[]) {
    super(errors[0]?.message ?? 'unknown error');
  }

  get code(): string {
    return this.errors[0]?.extensions?.code ?? 'INTERNAL';
  }
}

export interface Transport {
  query<R, V>(document: TypedDocument<R, V>, variables: V): Promise<R>;
}

const TIMEOUT_MS = 15_000; // the server gives up at 10 s

export function createTransport(url: string, tokens: Tokens): Transport {
  async function send<R>(text: string, variables: unknown): Promise<R> {
    const token = await tokens.current();
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: {
          Accept: 'application/graphql-response+json',
          'Content-Type': 'application/json',
          'Accept-Language': 'zh-CN',
          Authorization: `Bearer ${token}`,
        },
        body: JSON.stringify({ query: text, variables }),
        signal: abort.signal,
      });
      const body = (await answer.json()) as { data?: R | null; errors?: ErrorEntry[] };
      if (body.errors?.some((error) => error.extensions?.code === 'UNAUTHENTICATED')) tokens.reject(token);
      if (body.data == null) throw new Failure(body.errors ?? [{ message: `HTTP ${answer.status}` }]);
      return body.data; // partial data is an answer: a field the viewer may not read is null
    } finally {
      clearTimeout(timer);
    }
  }

  return { query: (document, variables) => send(document.toString(), variables) };
}
