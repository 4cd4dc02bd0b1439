// The client in a mini-program: `wx.request`, `wx.connectSocket`, the storage and the file system of the phone.
// What else speaks like `wx` (my, swan, tt, uni) may be handed in in its place.
import { NO_BYTES, type Call, type Platform, type Reply } from './platform';
import type { Store } from './store';
import { createTransport, type Transport, type TransportOptions } from './transport';

interface SocketTask {
  send(message: { data: string }): void;
  close(how: { code?: number; reason?: string }): void;
  onOpen(act: () => void): void;
  onMessage(act: (message: { data: unknown }) => void): void;
  onClose(act: (how: { code?: number; reason?: string }) => void): void;
  onError(act: (why: { errMsg?: string }) => void): void;
}

interface Files {
  readFile(ask: { filePath: string; success(found: { data: unknown }): void; fail(why: unknown): void }): void;
  writeFile(ask: { filePath: string; data: ArrayBuffer; success(): void; fail(why: unknown): void }): void;
  unlink(ask: { filePath: string; success(): void; fail(why: unknown): void }): void;
}

/** What of `wx` is used, and nothing else. */
export interface Wx {
  request(ask: {
    url: string;
    method: 'GET' | 'POST';
    header: Record<string, string>;
    data?: string | ArrayBuffer;
    dataType: string;
    responseType: 'text' | 'arraybuffer';
    timeout: number;
    success(answer: { statusCode: number; data: unknown; header?: Record<string, string> }): void;
    fail(why: { errMsg?: string }): void;
  }): unknown;
  connectSocket?(ask: { url: string; protocols: string[]; fail?(why: unknown): void }): SocketTask;
  getStorageSync(key: string): unknown;
  setStorageSync(key: string, value: string): void;
  removeStorageSync(key: string): void;
  getStorageInfoSync(): { keys: string[] };
  getFileSystemManager(): Files;
  env: { USER_DATA_PATH: string };
}

export function miniProgram(wx: Wx): Platform {
  const send = ({ method, url, headers, body, wants, timeoutMs }: Call) =>
    new Promise<Reply>((resolve, reject) => {
      wx.request({
        url,
        method,
        header: { ...headers },
        ...(body === undefined ? {} : { data: body }),
        dataType: 'text', // else `wx` reads JSON by itself
        responseType: wants === 'bytes' ? 'arraybuffer' : 'text',
        timeout: timeoutMs,
        success: ({ statusCode, data, header = {} }) => {
          const type = Object.entries(header).find(([name]) => name.toLowerCase() === 'content-type');
          resolve({
            status: statusCode,
            type: type?.[1] ?? '',
            text: wants === 'text' ? String(data ?? '') : '',
            bytes: wants === 'bytes' ? (data as ArrayBuffer) : NO_BYTES,
          });
        },
        fail: ({ errMsg }) => reject(new Error(errMsg ?? 'no answer')),
      });
    });
  return { send, Socket: wx.connectSocket ? socketOf(wx) : null, read: null, alone: null };
}

/** `wx.connectSocket` in the shape of the browser's `WebSocket`, as far as graphql-ws looks. */
function socketOf(wx: Wx): unknown {
  return class MiniProgramSocket {
    static readonly CONNECTING = 0;
    static readonly OPEN = 1;
    static readonly CLOSING = 2;
    static readonly CLOSED = 3;
    readyState = 0;
    onopen: ((event: object) => void) | null = null;
    onmessage: ((event: { data: unknown }) => void) | null = null;
    onclose: ((event: { code: number; reason: string; wasClean: boolean }) => void) | null = null;
    onerror: ((event: object) => void) | null = null;
    private readonly task: SocketTask;

    constructor(url: string, protocol: string | string[]) {
      const task = wx.connectSocket!({ url, protocols: [protocol].flat(), fail: () => this.over(1006, 'not connected') });
      this.task = task;
      task.onOpen(() => {
        this.readyState = 1;
        this.onopen?.({});
      });
      task.onMessage(({ data }) => this.onmessage?.({ data }));
      task.onClose(({ code, reason }) => this.over(code ?? 1006, reason ?? ''));
      task.onError(({ errMsg }) => this.over(1006, errMsg ?? ''));
    }

    send(data: string): void {
      this.task.send({ data });
    }

    close(code?: number, reason?: string): void {
      if (this.readyState >= 2) return;
      this.readyState = 2;
      this.task.close({ ...(code === undefined ? {} : { code }), ...(reason === undefined ? {} : { reason }) });
    }

    /** An error and a close may both be told of one end: it is passed on once. */
    private over(code: number, reason: string): void {
      if (this.readyState === 3) return;
      this.readyState = 3;
      this.onclose?.({ code, reason, wasClean: code !== 1006 });
    }
  };
}

/** Texts in the storage, pictures as files: the storage holds 10 MB, the files of a mini-program 200 MB. */
export function miniProgramStore(wx: Wx): Store {
  const files = wx.getFileSystemManager();
  const path = (key: string) => `${wx.env.USER_DATA_PATH}/${key.replace(/[^\w-]/g, '_')}`;
  const present = (key: string) => wx.getStorageInfoSync().keys.includes(key);
  return {
    text: async (key) => (present(key) ? String(wx.getStorageSync(key)) : null),
    putText: async (key, text) => wx.setStorageSync(key, text),
    bytes: async (key) => {
      if (!present(key)) return null;
      return new Promise((resolve) =>
        files.readFile({ filePath: path(key), success: ({ data }) => resolve(data as ArrayBuffer), fail: () => resolve(null) }),
      );
    },
    putBytes: async (key, bytes) => {
      await new Promise<void>((resolve, reject) =>
        files.writeFile({ filePath: path(key), data: bytes, success: resolve, fail: (why) => reject(new Error(JSON.stringify(why))) }),
      );
      wx.setStorageSync(key, path(key)); // after the file: a name without its picture would be a promise
    },
    remove: async (key) => {
      const isFile = present(key) && wx.getStorageSync(key) === path(key);
      wx.removeStorageSync(key);
      if (isFile) await new Promise<void>((resolve) => files.unlink({ filePath: path(key), success: resolve, fail: () => resolve() }));
    },
    keys: async (prefix) => wx.getStorageInfoSync().keys.filter((key) => key.startsWith(prefix)).sort(),
    isLasting: true,
  };
}

/** `origin` must be a listed request domain, and with `wss` a listed socket domain; else give `ways: ['polling']`. */
export const miniProgramTransport = (wx: Wx, options: TransportOptions): Transport => createTransport(miniProgram(wx), options);
