// What the pages for residents ask of the machine they run on: a browser and a mini-program differ in this and in how they draw.
import type { Platform } from '@client/platform';
import type { Store } from '@client/store';

/** Short texts that outlive a restart: who is signed in, which cases this phone may look at. */
export interface Shelf {
  get(key: string): string | null;
  /** False where it could not be kept. */
  put(key: string, text: string): boolean;
  remove(key: string): void;
}

export interface Machine {
  platform: Platform;
  /** `https://host`, without a path. */
  origin: string;
  store: Store;
  shelf: Shelf;
}

export function read<T>(shelf: Shelf, key: string, otherwise: T): T {
  try {
    return (JSON.parse(shelf.get(key) ?? 'null') as T | null) ?? otherwise;
  } catch {
    return otherwise; // written by something else: as good as nothing
  }
}
