// The client on a page: fetch, WebSocket, IndexedDB.
import { NO_BYTES, type Call, type Platform, type Reading, type Reply } from './platform';
import { createTransport, type Transport, type TransportOptions } from './transport';

/** A call whose body has been read when `read` is done; given up after its time. */
async function asked<T>(call: Call, abort: AbortController, read: (answer: Response) => Promise<T>): Promise<T> {
  const timer = setTimeout(() => abort.abort(), call.timeoutMs);
  try {
    const { method, headers, body } = call;
    return await read(await fetch(call.url, { method, headers, signal: abort.signal, ...(body === undefined ? {} : { body }) }));
  } finally {
    clearTimeout(timer);
  }
}

function send(call: Call): Promise<Reply> {
  return asked(call, new AbortController(), async (answer) => ({
    status: answer.status,
    type: answer.headers.get('content-type') ?? '',
    text: call.wants === 'text' ? await answer.text() : '',
    bytes: call.wants === 'bytes' ? await answer.arrayBuffer() : NO_BYTES,
  }));
}

function read(call: Call, begun: (status: number) => void, text: (part: string) => void): Reading {
  const abort = new AbortController();
  const ended = asked(call, abort, async (answer) => {
    begun(answer.status);
    const reader = answer.body!.getReader();
    const decoder = new TextDecoder();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text(decoder.decode(value, { stream: true }));
    }
  });
  return { ended, stop: () => abort.abort() };
}

export const browser: Platform = {
  send,
  Socket: typeof WebSocket === 'undefined' ? null : WebSocket,
  read,
  alone:
    typeof navigator !== 'undefined' && navigator.locks
      ? (name, work) => navigator.locks.request(name, work) as ReturnType<typeof work>
      : null,
};

/** The page's own server unless another `origin` is named (which must list this page's in `GRIDCAST_ALLOWED_ORIGINS`). */
export const browserTransport = ({ origin = location.origin, ...options }: Omit<TransportOptions, 'origin'> & { origin?: string }): Transport =>
  createTransport(browser, { origin, ...options });
