// Photos of what is still being written: kept on the phone beside its words until it is sent, for a day at the most.
import type { Store } from '@client/store';
import type { Photo } from './report';

/** Where a photo lies; stands with the words of its draft. */
export interface KeptPhoto {
  key: string;
  type: Photo['type'];
  name: string;
}

const HOME = 'gridcast.drafted/';
const KEPT_MS = 86_400_000; // whoever does not come back within a day will not: it is their picture, not ours
const places = new WeakMap<ArrayBuffer, KeptPhoto>();
let made = 0;

export type Album = ReturnType<typeof albumOn>;

export function albumOn(open: () => Promise<Store>, now: () => number = Date.now) {
  let last: Promise<unknown> = Promise.resolve();
  /** One after another: what is dropped was put before. A phone that is full keeps the photo in sight, and only there. */
  const inTurn = (work: (store: Store) => Promise<void>) => (last = last.then(open).then(work).catch(() => undefined));

  return {
    /** Where photos lie or will lie in a moment. */
    keep(photos: readonly Photo[]): KeptPhoto[] {
      return photos.map(({ bytes, type, name }) => {
        const known = places.get(bytes);
        if (known) return known;
        const place = { key: `${HOME}${String(now()).padStart(15, '0')}-${made++}-${Math.random().toString(36).slice(2, 8)}`, type, name };
        places.set(bytes, place);
        inTurn((store) => store.putBytes(place.key, bytes));
        return place;
      });
    },
    drop: (kept: readonly KeptPhoto[]) => inTurn(async (store) => {
      for (const { key } of kept) await store.remove(key);
    }),
    /** Those that are still there. */
    async take(kept: readonly KeptPhoto[]): Promise<Photo[]> {
      const photos: Photo[] = [];
      await inTurn(async (store) => {
        for (const place of kept) {
          const bytes = await store.bytes(place.key);
          if (!bytes) continue;
          places.set(bytes, place);
          photos.push({ bytes, type: place.type, name: place.name });
        }
      });
      return photos;
    },
    /** Photos nobody came back for. */
    sweep: () => inTurn(async (store) => {
      for (const key of await store.keys(HOME)) if (now() - Number.parseInt(key.slice(HOME.length), 10) > KEPT_MS) await store.remove(key);
    }),
    settled: () => last,
  };
}
