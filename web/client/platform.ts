// What the client asks of the machine it runs on: one HTTP call, a socket, and where there is one a reader of streams.
// A browser and a mini-program differ in this file's terms and in nothing else.

export interface Call {
  method: 'GET' | 'POST';
  url: string;
  headers: Readonly<Record<string, string>>;
  body?: string | ArrayBuffer;
  /** What the answer is read as. */
  wants: 'text' | 'bytes';
  timeoutMs: number;
}

export interface Reply {
  status: number;
  /** Media type of the body; empty where it is not told. */
  type: string;
  /** Empty when bytes were wanted. */
  text: string;
  /** Empty when text was wanted. */
  bytes: ArrayBuffer;
}

export interface Reading {
  /** Resolves at the end of the body, rejects where the line broke. */
  ended: Promise<void>;
  stop(): void;
}

export interface Platform {
  /** Rejects only when nobody answered; a status of 500 is an answer. */
  send(call: Call): Promise<Reply>;
  /** A constructor with the shape of the browser's `WebSocket`; null where there is none. */
  Socket: unknown;
  /** Reads a body while it comes; null where bodies only come whole. `begun` is told the status first. */
  read: ((call: Call, begun: (status: number) => void, text: (part: string) => void) => Reading) | null;
  /** Runs `work` while nobody else on this machine holds `name`; null where nobody else can. */
  alone: (<T>(name: string, work: () => Promise<T>) => Promise<T>) | null;
}

export const NO_BYTES = new ArrayBuffer(0);
export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** 0.3 s to 10 s, spread so that a hall of walls does not return in one instant. */
export const backoff = (attempt: number) => Math.min(10_000, 300 * 2 ** attempt) * (0.5 + Math.random());
