// What is being written, by scene: going back and coming again finds it as it was; its words also outlive a restart.
import { emptyDraft, type Draft } from '@core/report';
import { read } from '@core/machine';
import type { Scene } from '@core/words';
import { now } from './city';
import { shelf } from './machine';

const drafts = new Map<string, Draft>();
/** Whose: somebody else who signs in on the same phone sees nothing of it. */
const whose = () => `${now.app?.code ?? ''}/${now.resident?.owner ?? ''}`;
const home = () => `gridcast.resident-draft/${whose()}`;
const lastPlace = () => `gridcast.resident-place/${whose()}`;

export function draftOf(kind: Scene['kind']): Draft {
  const key = `${home()}/${kind}`;
  let draft = drafts.get(key);
  if (draft) return draft;
  draft = { ...emptyDraft(kind), ...read<Partial<Draft>>(shelf, key, {}), photos: [] };
  draft.place ??= read<Draft['place']>(shelf, lastPlace(), null);
  drafts.set(key, draft);
  return draft;
}

export function keepDraft(draft: Draft): void {
  shelf.put(`${home()}/${draft.kind}`, JSON.stringify({ ...draft, photos: [] }));
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
  Object.assign(draftOf(written.kind), written);
}

/** Where somebody is as a rule; null where they never said. */
export const usualPlace = () => read<Draft['place']>(shelf, lastPlace(), null);
