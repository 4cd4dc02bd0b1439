// What is being written, by scene: going back and coming again finds it as it was, and so does a reload.
import { effectScope, reactive, ref, shallowReactive, watch } from 'vue';
import { albumOn, type KeptPhoto } from './core/albums';
import type { Ballot } from './core/consultations';
import { emptyDraft, type Draft } from './core/report';
import { SCENES, type Scene } from './core/words';
import { appCode, onLeave, store } from './state';

const KEY = `gridcast.resident-draft/${appCode}`;
const LAST_PLACE = `gridcast.resident-place/${appCode}`;
const drafts = new Map<string, Draft>();
const album = albumOn(store);
void album.sweep();
const outside = effectScope(true); // a draft is written by a page and outlives it
type Written = Omit<Draft, 'photos'> & { photos?: readonly KeptPhoto[] };

/** Kinds whose photos are being brought back after a reload: not to be sent without them. */
export const returning = shallowReactive(new Set<Scene['kind']>());

export function draftOf(kind: Scene['kind']): Draft {
  const known = drafts.get(kind);
  if (known) return known;
  const written = parse<Written>(sessionStorage.getItem(`${KEY}/${kind}`));
  const draft: Draft = reactive({ ...emptyDraft(kind), ...written, photos: [] });
  draft.place ??= parse<Draft['place']>(localStorage.getItem(LAST_PLACE));
  drafts.set(kind, draft);
  let kept = written?.photos ?? [];
  const write = ({ photos, ...words }: Draft) => {
    if (!returning.has(kind)) {
      const before = kept;
      kept = album.keep(photos);
      const gone = before.filter(({ key }) => !kept.some((one) => one.key === key));
      if (gone.length) void album.drop(gone);
    }
    sessionStorage.setItem(`${KEY}/${kind}`, JSON.stringify({ ...words, photos: kept } satisfies Written));
  };
  outside.run(() => watch(draft, write));
  if (kept.length) void bringBack(draft, kept);
  return draft;
}

async function bringBack(draft: Draft, kept: readonly KeptPhoto[]): Promise<void> {
  returning.add(draft.kind);
  const photos = await album.take(kept);
  if (!returning.delete(draft.kind)) return; // somebody else came in the meantime
  draft.photos.unshift(...photos);
}

/** It is kept in the outbox now. The place is where people usually are: offered again next time. */
export function clearDraft(draft: Draft): void {
  if (draft.place?.grid) localStorage.setItem(LAST_PLACE, JSON.stringify({ grid: draft.place.grid }));
  const { place } = draft;
  Object.assign(draft, emptyDraft(draft.kind), place?.grid ? { place } : {});
}

/** A question that is not asked yet. */
export const draftedQuestion = ref(sessionStorage.getItem(`${KEY}/asking`) ?? '');
watch(draftedQuestion, (words) => sessionStorage.setItem(`${KEY}/asking`, words));

const ballots = new Map<string, Ballot>();
/** A vote that is not cast yet. */
export function ballotOf(id: string): Ballot {
  const known = ballots.get(id) ?? reactive<Ballot>({ choice: null, words: '' });
  ballots.set(id, known);
  return known;
}
export interface Reason {
  asking: 'reopen' | 'withdraw' | null;
  reason: string;
}
const reasons = new Map<string, Reason>();
/** Why a case should be taken up again or is withdrawn, while it is being written. */
export function reasonOf(number: string): Reason {
  const known = reasons.get(number) ?? reactive<Reason>({ asking: null, reason: '' });
  reasons.set(number, known);
  return known;
}
export const dropBallot = (id: string) => ballots.delete(id);

/** Somebody else is at the page now. */
onLeave(() => {
  draftedQuestion.value = '';
  for (const reason of reasons.values()) Object.assign(reason, { asking: null, reason: '' });
  for (const ballot of ballots.values()) Object.assign(ballot, { choice: null, words: '' });
  for (const { kind } of SCENES) {
    const draft = draftOf(kind); // also what a reload left unopened
    returning.delete(kind);
    Object.assign(draft, emptyDraft(kind));
  }
  localStorage.removeItem(LAST_PLACE);
});

/** A question that the answers did not settle, to be put to a person. */
export function askPerson(question: string, asked: string): void {
  Object.assign(draftOf('QUESTION'), { text: question, asked });
}

/** Something the city refused, back on the table. */
export function takeUp(written: Draft): void {
  Object.assign(draftOf(written.kind), written);
}

function parse<T>(text: string | null): T | null {
  try {
    return JSON.parse(text ?? 'null') as T | null;
  } catch {
    return null;
  }
}
