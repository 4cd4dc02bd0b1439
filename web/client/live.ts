// Many subscriptions over the best line there is, for days: a socket, else an event stream, else the polling query.
import { backoff, pause, type Platform } from './platform';
import { createPolling } from './polling';
import { createSocket } from './socket';
import { createStream } from './stream';
import type { Tokens } from './tokens';
import type { ErrorEntry, Transport, TypedDocument } from './transport';

export { backoff };
export type LinkState = 'connecting' | 'open' | 'waiting';
export type WayName = 'socket' | 'stream' | 'polling';

export interface Sink<R> {
  next(result: { data?: R | null; errors?: readonly ErrorEntry[] }): void;
  /** The server refused this one operation. */
  refused(errors: readonly ErrorEntry[]): void;
  /** The server ended it. */
  ended(): void;
}

export interface Live {
  /** Sends `variables` as they are at each (re)connect: keep `variables.after` up to date. */
  subscribe<R, V extends object>(document: TypedDocument<R, V>, variables: V, sink: Sink<R>): () => void;
  close(): void;
}

/** What each way is made of. */
export interface WayOptions {
  platform: Platform;
  url: string;
  tokens: Tokens;
  language: string;
  app?: string | undefined;
  query: Transport['query'];
  onLink(state: LinkState, again: boolean): void;
}

export interface LiveOptions extends Omit<WayOptions, 'onLink'> {
  ways?: readonly WayName[];
  onLink?(state: LinkState, again: boolean): void;
  onWay?(way: WayName): void;
}

const MAKE: Readonly<Record<WayName, (options: WayOptions) => Live>> = {
  socket: createSocket,
  stream: createStream,
  polling: createPolling,
};
const BEST_FIRST: readonly WayName[] = ['socket', 'stream', 'polling'];
const TRIES = 3;
const PATIENCE_MS = 8_000; // a server that restarts is not taken for a network that forbids sockets
const UP_AGAIN_MS = 60_000; // whoever had to go down tries the best way again after this, later ever more rarely
const RAREST_MS = 10 * 60_000;
const ANYBODY_THERE: TypedDocument<{ __typename: string }, Record<string, never>> = '{ __typename }';

interface Running {
  start(on: Live): void;
  stop(): void;
}

export function createLive({ ways = BEST_FIRST, onLink, onWay, ...options }: LiveOptions): Live {
  const { platform } = options;
  const ladder = ways.filter((way) => (way !== 'socket' || platform.Socket) && (way !== 'stream' || platform.read));
  if (!ladder.length) throw new Error('no way to follow: this platform has none of the ways that were asked for');
  const running = new Set<Running>();
  let rung = 0;
  let failures = 0;
  let failingSince = 0;
  let wasOpen = false;
  let closed = false;
  let up: ReturnType<typeof setTimeout> | undefined;
  let rest = UP_AGAIN_MS;
  let line = make(0);

  function make(at: number): Live {
    const isOurs = () => at === rung && !closed;
    return MAKE[ladder[at]!]({
      ...options,
      onLink(state) {
        if (!isOurs()) return;
        onLink?.(state, wasOpen);
        if (state === 'open') {
          wasOpen = true;
          failures = 0;
        } else if (state === 'waiting') void failed(at);
      },
    });
  }

  /** The line did not open, or broke. Only when the server answers all the same is it this kind of line that is to blame. */
  async function failed(at: number): Promise<void> {
    if (failures++ === 0) failingSince = Date.now();
    if (failures < TRIES || Date.now() - failingSince < PATIENCE_MS || at + 1 >= ladder.length) return;
    failures = 0;
    const isThere = await options.query(ANYBODY_THERE, {}).then(
      () => true,
      () => false,
    );
    if (isThere && at === rung && !closed) move(at + 1, make);
  }

  function move(to: number, made: (at: number) => Live): void {
    const old = line;
    rung = to;
    failures = 0;
    line = made(to);
    onWay?.(ladder[to]!);
    for (const one of running) {
      one.stop();
      one.start(line);
    }
    old.close();
    clearTimeout(up);
    if (to > 0) up = setTimeout(() => void tryBest(), rest * (0.5 + Math.random()));
    else rest = UP_AGAIN_MS;
  }

  /** Opens the best line beside the present one; whoever is on the present one notices nothing unless it opens. */
  async function tryBest(): Promise<void> {
    rest = Math.min(RAREST_MS, rest * 2);
    let opened = false;
    const trial = MAKE[ladder[0]!]({
      ...options,
      onLink(state) {
        if (rung === 0) {
          if (closed) return;
          onLink?.(state, true);
          if (state === 'open') failures = 0;
          else if (state === 'waiting') void failed(0);
        } else opened ||= state === 'open';
      },
    });
    for (let waited = 0; waited < PATIENCE_MS && !opened && !closed; waited += 200) await pause(200);
    if (closed || !opened) trial.close();
    if (closed) return;
    if (!opened) up = setTimeout(() => void tryBest(), rest * (0.5 + Math.random()));
    else {
      move(0, () => trial);
      onLink?.('open', true);
    }
  }

  function subscribe<R, V extends object>(document: TypedDocument<R, V>, variables: V, sink: Sink<R>): () => void {
    let stop: () => void = () => undefined;
    const one: Running = {
      start: (on) => (stop = on.subscribe(document, variables, { next: sink.next, refused: over(sink.refused), ended: over(sink.ended) })),
      stop: () => stop(),
    };
    function over<A extends unknown[]>(tell: (...told: A) => void) {
      return (...told: A) => {
        running.delete(one);
        tell(...told);
      };
    }
    running.add(one);
    one.start(line);
    return () => {
      running.delete(one);
      stop();
    };
  }

  function close(): void {
    closed = true;
    clearTimeout(up);
    line.close();
  }

  return { subscribe, close };
}
