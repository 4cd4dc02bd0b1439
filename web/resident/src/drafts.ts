// What is being written, by scene: going back and coming again finds it as it was; its words also outlive a reload.
import { reactive, ref, watch } from 'vue';
import type { Ballot } from './core/consultations';
import { emptyDraft, type Draft } from './core/report';
import { SCENES, type Scene } from './core/words';
import { appCode, onLeave } from './state';

const KEY = `gridcast.resident-draft/${appCode}`;
const LAST_PLACE = `gridcast.resident-place/${appCode}`;
const drafts = new Map<string, Draft>();

export function draftOf(kind: Scene['kind']): Draft {
  const known = drafts.get(kind);
  if (known) return known;
  const kept = parse<Draft>(sessionStorage.getItem(`${KEY}/${kind}`));
  const draft: Draft = reactive({ ...emptyDraft(kind), ...kept, photos: [] });
  draft.place ??= parse<Draft['place']>(localStorage.getItem(LAST_PLACE));
  drafts.set(kind, draft);
  watch(draft, ({ photos: _, ...words }) => sessionStorage.setItem(`${KEY}/${kind}`, JSON.stringify(words)));
  return draft;
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
export const dropBallot = (id: string) => ballots.delete(id);

/** Somebody else is at the page now. */
onLeave(() => {
  draftedQuestion.value = '';
  for (const ballot of ballots.values()) Object.assign(ballot, { choice: null, words: '' });
  for (const { kind } of SCENES) sessionStorage.removeItem(`${KEY}/${kind}`);
  for (const draft of drafts.values()) Object.assign(draft, emptyDraft(draft.kind));
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
