// Where an outbox keeps what is not sent yet: texts, and pictures beside them. Keys hold letters, digits and -._/ only.

export interface Store {
  text(key: string): Promise<string | null>;
  putText(key: string, text: string): Promise<void>;
  bytes(key: string): Promise<ArrayBuffer | null>;
  putBytes(key: string, bytes: ArrayBuffer): Promise<void>;
  remove(key: string): Promise<void>;
  /** Every key that begins so, in the order of the alphabet. */
  keys(prefix: string): Promise<string[]>;
  /** False where a restart forgets everything: somebody should be told not to close the page. */
  readonly isLasting: boolean;
}

/** For tests, and for machines that keep nothing. */
export function memoryStore(held: Map<string, string | ArrayBuffer> = new Map()): Store {
  const found = <T>(key: string, isRight: (value: unknown) => value is T) => {
    const value = held.get(key);
    return Promise.resolve(isRight(value) ? value : null);
  };
  return {
    text: (key) => found(key, (value): value is string => typeof value === 'string'),
    bytes: (key) => found(key, (value): value is ArrayBuffer => value instanceof ArrayBuffer),
    putText: async (key, text) => void held.set(key, text),
    putBytes: async (key, bytes) => void held.set(key, bytes),
    remove: async (key) => void held.delete(key),
    keys: async (prefix) => [...held.keys()].filter((key) => key.startsWith(prefix)).sort(),
    isLasting: false,
  };
}

/** A browser's own database: hundreds of megabytes, outlives a restart of the phone. */
export async function indexedStore(name = 'gridcast'): Promise<Store> {
  const base = await new Promise<IDBDatabase>((resolve, reject) => {
    const asking = indexedDB.open(name, 1);
    asking.onupgradeneeded = () => asking.result.createObjectStore('kept');
    asking.onsuccess = () => resolve(asking.result);
    asking.onerror = () => reject(asking.error as Error);
  });
  /** Resolves when it is on the disk, not when it was asked for. */
  const run = <T>(mode: IDBTransactionMode, ask: (kept: IDBObjectStore) => IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      const block = base.transaction('kept', mode);
      const asking = ask(block.objectStore('kept'));
      block.oncomplete = () => resolve(asking.result);
      block.onabort = block.onerror = () => reject((block.error ?? asking.error) as Error);
    });
  const value = (key: string) => run<unknown>('readonly', (kept) => kept.get(key));
  const put = (key: string, one: unknown) => run('readwrite', (kept) => kept.put(one, key)).then(() => undefined);
  return {
    text: async (key) => ((await value(key)) as string | undefined) ?? null,
    bytes: async (key) => ((await value(key)) as ArrayBuffer | undefined) ?? null,
    putText: put,
    putBytes: put,
    remove: (key) => run('readwrite', (kept) => kept.delete(key)).then(() => undefined),
    keys: async (prefix) => (await run('readonly', (kept) => kept.getAllKeys(IDBKeyRange.bound(prefix, `${prefix}\uffff`)))) as string[],
    isLasting: true,
  };
}

/** What `localStorage` offers, and what of it a mini-program can offer too. */
export interface Shelf {
  readonly length: number;
  key(at: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, text: string): void;
  removeItem(key: string): void;
}

/** Five megabytes as a rule, pictures as text: for browsers whose database is shut (private windows, old WebViews). */
export function shelfStore(shelf: Shelf): Store {
  return {
    text: async (key) => shelf.getItem(key),
    putText: async (key, text) => shelf.setItem(key, text),
    bytes: async (key) => {
      const text = shelf.getItem(key);
      return text == null ? null : (Uint8Array.from(atob(text), (one) => one.charCodeAt(0)).buffer as ArrayBuffer);
    },
    putBytes: async (key, bytes) => {
      let text = '';
      for (const one of new Uint8Array(bytes)) text += String.fromCharCode(one);
      shelf.setItem(key, btoa(text));
    },
    remove: async (key) => shelf.removeItem(key),
    keys: async (prefix) => {
      const all = Array.from({ length: shelf.length }, (_, at) => shelf.key(at) ?? '');
      return all.filter((key) => key.startsWith(prefix)).sort();
    },
    isLasting: true,
  };
}

/** The best a browser has. */
export async function browserStore(): Promise<Store> {
  try {
    return await indexedStore();
  } catch {
    try {
      localStorage.setItem('gridcast.probe', '1');
      localStorage.removeItem('gridcast.probe');
      return shelfStore(localStorage);
    } catch {
      return memoryStore();
    }
  }
}
