// What is being written, by scene: going back and coming again finds it as it was, and so does a restart.
import { albumOn, type KeptPhoto } from '@core/albums';
import { emptyDraft, type Draft } from '@core/report';
import { read } from '@core/machine';
import type { Scene } from '@core/words';
import { now } from './city';
import { shelf, store } from './machine';

const drafts = new Map<string, Draft>();
const album = albumOn(async () => store);
void album.sweep();
/** Where the photos of a draft lie; not in sight yet while they are being brought back. */
const kept = new WeakMap<Draft, readonly KeptPhoto[]>();
const returning = new WeakMap<Draft, Promise<void>>();
type Written = Omit<Draft, 'photos'> & { photos?: readonly KeptPhoto[] };

/** Whose: somebody else who signs in on the same phone sees nothing of it. */
const whose = () => `${now.app?.code ?? ''}/${now.resident?.owner ?? ''}`;
const home = () => `gridcast.resident-draft/${whose()}`;
const lastPlace = () => `gridcast.resident-place/${whose()}`;

export function draftOf(kind: Scene['kind']): Draft {
  const key = `${home()}/${kind}`;
  let draft = drafts.get(key);
  if (draft) return draft;
  const written = read<Partial<Written>>(shelf, key, {});
  draft = { ...emptyDraft(kind), ...written, photos: [] };
  if (written.photos?.length) bringBack(draft, written.photos);
  draft.place ??= read<Draft['place']>(shelf, lastPlace(), null);
  drafts.set(key, draft);
  return draft;
}

function bringBack(draft: Draft, photos: readonly KeptPhoto[]): void {
  kept.set(draft, photos);
  const coming = album.take(photos).then((found) => {
    returning.delete(draft);
    draft.photos.unshift(...found);
  });
  returning.set(draft, coming);
}

/** Resolves when its photos are there; null where all of them are. */
export const photosOf = (draft: Draft): Promise<void> | null => returning.get(draft) ?? null;

export function keepDraft(draft: Draft): void {
  const before = kept.get(draft) ?? [];
  const now = returning.has(draft) ? before : album.keep(draft.photos);
  kept.set(draft, now);
  const gone = before.filter(({ key }) => !now.some((one) => one.key === key));
  if (gone.length) void album.drop(gone);
  shelf.put(`${home()}/${draft.kind}`, JSON.stringify({ ...draft, photos: now } satisfies Written));
}

/** It is kept in the outbox now. The grid is where people usually are: offered again next time. */
export function clearDraft(draft: Draft): void {
  const { place, kind } = draft;
  if (place?.grid) shelf.put(lastPlace(), JSON.stringify({ grid: place.grid }));
  Object.assign(draft, emptyDraft(kind), place?.grid ? { place } : {});
  keepDraft(draft);
}

/** Something the city refused, back on the table. */
export function takeUp(written: Draft): void {
  const draft = Object.assign(draftOf(written.kind), written);
  keepDraft(draft);
}

/** Where somebody is as a rule; null where they never said. */
export const usualPlace = () => read<Draft['place']>(shelf, lastPlace(), null);
