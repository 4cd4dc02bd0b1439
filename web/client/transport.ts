// What a page talks to: ask, follow, send a photo. Which machine and which kind of line is behind it, it cannot see.
import { createHttp, type Http } from './http';
import { createLive, type LinkState, type Live, type WayName } from './live';
import type { Platform } from './platform';
import { tokensOf, type Tokens } from './tokens';

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

export interface Transport extends Live {
  /** Partial data is an answer: a field the viewer may not read is null. Throws `Failure`, or anything else for silence. */
  query<R, V>(document: TypedDocument<R, V>, variables: V): Promise<R>;
  /** Sends a picture; answers the id to name in `evidence`. JPEG and PNG, 8 MiB as a rule. */
  upload(picture: ArrayBuffer, type: string): Promise<string>;
  /** The picture behind `Evidence.url`. */
  download(path: string): Promise<{ bytes: ArrayBuffer; type: string }>;
  /** The same as long as `owner` (of `subjectOf`) is signed in, else silence: for what is sent later than it was said. */
  as(owner: string): Http;
}

export interface TransportOptions {
  /** `https://host`, without a path; empty for the page's own server. */
  origin: string;
  tokens: Tokens;
  /** Language of the server's sentences. */
  language?: 'zh-CN' | 'en';
  /** Code of the client app this page is: what it hands in is bound by it. */
  app?: string | undefined;
  /** Kinds of line to try, best first; what the machine has not is left out. */
  ways?: readonly WayName[];
  /** `again` is true for every connection but the first. */
  onLink?(state: LinkState, again: boolean): void;
  /** Another kind of line is in use now. */
  onWay?(way: WayName): void;
}

export function createTransport(platform: Platform, { origin, tokens, language = 'zh-CN', app, ...line }: TransportOptions): Transport {
  const http = createHttp(platform, origin, tokens, language, app);
  const live = createLive({ ...line, platform, url: `${origin}/graphql`, tokens, language, app, query: http.query });
  return { ...http, ...live, as: (owner) => createHttp(platform, origin, tokensOf(owner, tokens), language, app) };
}
