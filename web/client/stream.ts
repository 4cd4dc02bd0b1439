// Server-sent events, one request a subscription: for networks whose proxies cut sockets. See docs/events.md.
import { headersOf } from './http';
import type { LinkState, Live, Sink, WayOptions } from './live';
import { backoff } from './platform';
import type { ErrorEntry, TypedDocument } from './transport';

const SILENCE_MS = 35_000;
const AT_ONCE = 4; // over HTTP/1.1 a browser opens six connections to a host, and queries need some
const FOR_DAYS_MS = 0x7fffffff;

interface Result<R> {
  data?: R | null;
  errors?: ErrorEntry[];
}

export function createStream({ platform, url, tokens, language, app, onLink }: WayOptions): Live {
  const open = new Set<symbol>();
  const stops = new Set<() => void>();
  let state: LinkState | null = null;
  let wasOpen = false;
  let closed = false;

  /** The line is open while any stream is; it is told once, however many streams there are. */
  function tell(next: LinkState): void {
    const now = open.size ? 'open' : next;
    if (now === state && now !== 'waiting') return;
    state = now;
    onLink(now, wasOpen);
    if (now === 'open') wasOpen = true;
  }

  function subscribe<R, V extends object>(document: TypedDocument<R, V>, variables: V, sink: Sink<R>): () => void {
    const me = Symbol();
    let stopped = false;
    let attempt = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let hangUp: () => void = () => undefined;

    const over = (say: () => void) => {
      stop();
      say();
    };

    async function run(): Promise<void> {
      tell('connecting');
      const token = await tokens.current();
      if (stopped) return;
      let heard = Date.now();
      let meant = false;
      let told = 0;
      let status = 0;
      const answer = (event: string, data: string) => {
        if (stopped) return;
        if (event === 'complete') {
          meant = true;
          return over(sink.ended);
        }
        if (event !== 'next') return;
        const result = JSON.parse(data) as Result<R>;
        const first = result.errors?.[0]?.extensions;
        const isRefusal = result.data == null && first != null && first.cursor == null;
        if (isRefusal && first.code === 'UNAUTHENTICATED') return tokens.reject(token);
        meant ||= isRefusal && told === 0;
        if (meant) return over(() => sink.refused(result.errors ?? []));
        told++;
        attempt = 0;
        sink.next(result);
      };
      const parse = eventParser(answer);
      const reading = platform.read!(
        {
          method: 'POST',
          url,
          headers: { ...headersOf(token, language, app), Accept: 'text/event-stream', 'Content-Type': 'application/json' },
          body: JSON.stringify({ query: document.toString(), variables }),
          wants: 'text',
          timeoutMs: FOR_DAYS_MS,
        },
        (code) => {
          status = code;
          if (code !== 200) return;
          open.add(me);
          tell('open');
        },
        (part) => {
          heard = Date.now();
          parse(part);
        },
      );
      hangUp = reading.stop;
      const watchdog = setInterval(() => Date.now() - heard > SILENCE_MS && reading.stop(), 5_000);
      await reading.ended.catch(() => undefined);
      clearInterval(watchdog);
      open.delete(me);
      if (status === 401) tokens.reject(token);
      if (stopped || meant) return;
      tell('waiting');
      timer = setTimeout(() => void run(), backoff(attempt++));
    }

    function stop(): void {
      stopped = true;
      clearTimeout(timer);
      hangUp();
      open.delete(me);
      stops.delete(stop);
    }

    if (closed) return stop;
    if (stops.size >= AT_ONCE) {
      const full = [{ message: 'No connection is left for another stream.', extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } }];
      timer = setTimeout(() => over(() => sink.refused(full)), 0);
      return stop;
    }
    stops.add(stop);
    void run();
    return stop;
  }

  function close(): void {
    closed = true;
    [...stops].forEach((stop) => stop());
  }

  return { subscribe, close };
}

/** Text in pieces of any size in, whole events out. Comments keep the line alive and are for people. */
export function eventParser(on: (event: string, data: string) => void): (part: string) => void {
  let rest = '';
  return (part) => {
    rest += part.replace(/\r/g, '');
    for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
      const block = rest.slice(0, end);
      rest = rest.slice(end + 2);
      let event = 'message';
      const data: string[] = [];
      for (const line of block.split('\n')) {
        if (line.startsWith('event:')) event = line.slice(6).trim();
        else if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
      }
      if (event !== 'message' || data.length) on(event, data.join('\n'));
    }
  };
}
