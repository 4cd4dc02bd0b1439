// Queries, mutations and photos: one HTTP call each, under the present token.
import type { Call, Platform, Reply } from './platform';
import type { Tokens } from './tokens';
import { Failure, type ErrorEntry, type Transport, type TypedDocument } from './transport';

export type Http = Pick<Transport, 'query' | 'upload' | 'download'>;

interface Body<R> {
  data?: R | null;
  errors?: ErrorEntry[];
}

const QUERY_MS = 15_000; // the server gives up at 10 s
const PHOTO_MS = 120_000; // eight megabytes over a bad line

const PHOTO_SENTENCES: Readonly<Record<number, string>> = {
  401: '登录已到期，请换上新的令牌后重试。',
  403: '您没有上传照片的权限。',
  404: '照片不存在，或不在您的权限范围内。',
  413: '照片太大。',
  415: '只接受 JPEG 或 PNG 照片。',
  429: '上传过于频繁，请稍后再试。',
};

/** What every call of this client says of itself. */
export const headersOf = (token: string, language: string, app?: string): Record<string, string> => ({
  ...(token ? { Authorization: `Bearer ${token}` } : {}),
  ...(app ? { 'X-Gridcast-App': app } : {}),
  'Accept-Language': language,
});

export function createHttp(platform: Platform, origin: string, tokens: Tokens, language: string, app?: string): Http {
  async function call(path: string, headers: Record<string, string>, rest: Omit<Call, 'url' | 'headers'>): Promise<Reply> {
    const token = await tokens.current();
    const reply = await platform.send({ ...rest, url: `${origin}${path}`, headers: { ...headersOf(token, language, app), ...headers } });
    if (reply.status === 401) tokens.reject(token);
    return reply;
  }

  async function query<R, V>(document: TypedDocument<R, V>, variables: V): Promise<R> {
    const token = await tokens.current();
    const { status, text } = await platform.send({
      method: 'POST',
      url: `${origin}/graphql`,
      headers: { ...headersOf(token, language, app), Accept: 'application/graphql-response+json', 'Content-Type': 'application/json' },
      body: JSON.stringify({ query: document.toString(), variables }),
      wants: 'text',
      timeoutMs: QUERY_MS,
    });
    const body = JSON.parse(text) as Body<R>; // a page of some proxy is no answer of the server: this throws
    if (body.errors?.some((error) => error.extensions?.code === 'UNAUTHENTICATED')) tokens.reject(token);
    if (body.data == null) throw new Failure(body.errors ?? [{ message: `HTTP ${status}` }]);
    return body.data;
  }

  async function upload(picture: ArrayBuffer, type: string): Promise<string> {
    const { status, text } = await call('/files', { 'Content-Type': type }, { method: 'POST', body: picture, wants: 'text', timeoutMs: PHOTO_MS });
    if (status !== 201) throw photoFailure(status, text);
    return (JSON.parse(text) as { id: string }).id;
  }

  async function download(path: string): Promise<{ bytes: ArrayBuffer; type: string }> {
    const { status, type, bytes } = await call(path, {}, { method: 'GET', wants: 'bytes', timeoutMs: PHOTO_MS });
    if (status !== 200) throw photoFailure(status, '');
    return { bytes, type };
  }

  return { query, upload, download };
}

/** The server's own words where it has some; a status alone is told in ours. */
function photoFailure(status: number, text: string): Error {
  let told: ErrorEntry | undefined;
  try {
    told = (JSON.parse(text) as Body<never>).errors?.[0];
  } catch {
    // not an answer of ours: a proxy in between
  }
  const sentence = PHOTO_SENTENCES[status] ?? told?.message;
  if (!told && !sentence) return new Error(`照片没有上传（${status}）。`); // somebody in between: trying again is right
  return new Failure([{ message: sentence ?? '', extensions: { code: told?.extensions?.code ?? `HTTP_${status}` } }]);
}
