// One socket, many subscriptions, for days. Reconnects for ever, with jitter, under a fresh token.
import { createClient } from 'graphql-ws/client';
import { headersOf } from './http';
import type { Live, Sink, WayOptions } from './live';
import { backoff, pause } from './platform';
import type { ErrorEntry, TypedDocument } from './transport';

const SILENCE_MS = 35_000; // the server's heartbeat comes every 15 s: two missed and the line is dead
const FORBIDDEN = 4403;

export function createSocket({ platform, url, tokens, language, app, onLink }: WayOptions): Live {
  let token = '';
  let heard = Date.now();
  let opened = 0;
  let closed = false;

  const client = createClient({
    url: async () => {
      // Asked before the socket opens: a person may need minutes, the server waits 5 s for the init.
      token = await tokens.current();
      return url.replace(/^http/, 'ws');
    },
    connectionParams: () => ({ ...headersOf(token, language), ...(app ? { app } : {}) }),
    webSocketImpl: platform.Socket,
    lazy: false,
    keepAlive: 12_000,
    connectionAckWaitTimeout: 10_000,
    retryAttempts: Infinity,
    retryWait: (attempt) => pause(backoff(attempt)),
    shouldRetry: () => true,
    onNonLazyError: () => undefined, // a fatal close: the subscriptions below dial again by themselves
    on: {
      connecting: () => onLink('connecting', opened > 0),
      connected: () => onLink('open', opened++ > 0),
      message: () => (heard = Date.now()),
      opened: () => (heard = Date.now()),
      closed: (event) => {
        if ((event as CloseEvent).code === FORBIDDEN) tokens.reject(token);
        onLink('waiting', true);
      },
    },
  });

  // Also ends the half-open socket of a machine that slept: timers run again, the clock has jumped.
  const watchdog = setInterval(() => {
    if (Date.now() - heard < SILENCE_MS) return;
    heard = Date.now();
    client.terminate();
  }, 5_000);

  function subscribe<R, V extends object>(document: TypedDocument<R, V>, variables: V, sink: Sink<R>) {
    let stopped = false;
    let attempt = 0;
    let stop: () => void = () => undefined;
    const start = () => {
      if (stopped || closed) return;
      const payload = { query: document.toString(), variables: variables as Record<string, unknown> };
      stop = client.subscribe<R>(payload, {
        next: (result) => {
          attempt = 0;
          if (!stopped) sink.next(result as { data?: R | null; errors?: readonly ErrorEntry[] });
        },
        error: (error) => {
          if (stopped) return;
          if (Array.isArray(error)) sink.refused(error as unknown as ErrorEntry[]);
          else void pause(2_000 + backoff(attempt++)).then(start);
        },
        complete: () => {
          if (!stopped) sink.ended();
        },
      });
    };
    start();
    return () => {
      stopped = true;
      stop();
    };
  }

  function close() {
    closed = true;
    clearInterval(watchdog);
    void Promise.resolve(client.dispose()).catch(() => undefined); // it waits for a dial that may fail
  }

  return { subscribe, close };
}
