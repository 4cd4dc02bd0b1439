// Names of a browser that the client asks for at run time before it uses them, or uses in its browser half only. They are
// declared so that it is checked along with the pages; there is no `document` and no `window` to be used by mistake.
declare const crypto: { getRandomValues(into: Uint32Array): Uint32Array } | undefined;
declare const localStorage: { length: number; key(n: number): string | null; getItem(key: string): string | null; setItem(key: string, text: string): void; removeItem(key: string): void };
declare const indexedDB: any;
declare function atob(text: string): string;
declare function btoa(text: string): string;
declare function clearTimeout(timer?: number): void;
declare function clearInterval(timer?: number): void;
interface CloseEvent {
  code: number;
  reason: string;
}
type IDBDatabase = any;
type IDBTransactionMode = 'readonly' | 'readwrite';
type IDBObjectStore = any;
type IDBRequest<T> = { result: T; error: Error | null; onsuccess: (() => void) | null; onerror: (() => void) | null };
declare const IDBKeyRange: any;
