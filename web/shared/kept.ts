// What a page keeps on the machine for one person: the last answers, to be shown without a line, and drafts with their photos.
import type { Store } from '@client/store';

export interface DraftPicture {
  key: string;
  type: string;
  name: string;
  kind: 'BEFORE' | 'AFTER';
}

export interface Draft<F> {
  form: F;
  pictures: readonly DraftPicture[];
}

export interface Kept {
  get<T>(name: string): Promise<T | null>;
  put(name: string, value: unknown): Promise<void>;
  remove(name: string): Promise<void>;
  bytes(name: string): Promise<ArrayBuffer | null>;
  putBytes(name: string, bytes: ArrayBuffer): Promise<void>;
  /** Everything under a name and below it. */
  clear(below: string): Promise<void>;
}

const safe = (text: string) => encodeURIComponent(text).replace(/[^\w.-]/g, '_');

export function createKept(store: Store, screen: string, owner: string): Kept {
  const home = `gridcast.${screen}/${safe(owner)}/`;
  return {
    async get<T>(name: string) {
      const text = await store.text(home + name);
      return text == null ? null : (JSON.parse(text) as T);
    },
    put: (name, value) => store.putText(home + name, JSON.stringify(value)),
    remove: (name) => store.remove(home + name),
    bytes: (name) => store.bytes(home + name),
    putBytes: (name, bytes) => store.putBytes(home + name, bytes),
    async clear(below) {
      for (const key of await store.keys(home + below)) await store.remove(key);
    },
  };
}
