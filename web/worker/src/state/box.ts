// The outbox of whoever holds this phone. Everything that changes something goes through it, line or no line.
import { browser } from '@client/browser';
import type { Answer, Input, UserError } from '@client/intents';
import { openOutbox, type Entry, type Outbox } from '@client/outbox';
import type { Store } from '@client/store';
import { Failure, type TypedDocument } from '@client/transport';
import type { Draft, Kept } from '@shared/kept';
import { t } from '@shared/language';
import { say } from '@shared/notices';
import { serverNow } from '@shared/time';
import { computed, shallowRef } from 'vue';
import {
  CheckDocument,
  CollectDocument,
  ConfirmDocument,
  MyGridsDocument,
  RequestReopenDocument,
  SelfHandleDocument,
  SubmitDocument,
  VerifyDocument,
  VersionOfDocument,
  type CollectMutation,
} from '../generated/graphql';
import { transport } from './server';

const documents: Readonly<Record<string, TypedDocument<unknown, { input: never }>>> = {
  caseSubmit: SubmitDocument,
  caseSelfHandle: SelfHandleDocument,
  caseVerify: VerifyDocument,
  caseCheck: CheckDocument,
  caseRequestReopen: RequestReopenDocument,
  caseConfirm: ConfirmDocument,
  collectionSubmit: CollectDocument,
};

type Submission = NonNullable<CollectMutation['collectionSubmit']['submission']>;
interface Told extends Answer {
  case?: { id: string; number: string } | null;
  submission?: Submission | null;
}

/** How an entry is told to people, and how its form is opened again. */
export interface Words {
  title: string;
  what: string;
  caseId?: string;
  /** The draft it came from: where it is written, and what stood in it. */
  draft: string;
  form: Input;
}

export interface Sent {
  id: string;
  words: Words;
  at: number;
  number: string | null;
  caseId: string | null;
  collected: number | null;
  reached: readonly string[];
}

const SENT_KEPT = 30;

export const entries = shallowRef<readonly Entry[]>([]);
export const sent = shallowRef<readonly Sent[]>([]);
export const isLasting = shallowRef(true);
export const refusedOnes = computed(() => entries.value.filter(({ state }) => state === 'refused' || state === 'unsure'));
export const waitingOnes = computed(() => entries.value.filter(({ state }) => state === 'waiting' || state === 'sending'));
export const wordsOf = (entry: Entry) => entry.words as unknown as Words;
export const pendingFor = (caseId: string) => entries.value.find((entry) => entry.input['caseId'] === caseId) ?? null;

let box: Outbox | null = null;
let kept: Kept | null = null;

export async function openBox(store: Store, owner: string, mine: Kept): Promise<void> {
  kept = mine;
  const line = transport.as(owner);
  sent.value = (await mine.get<Sent[]>('sent')) ?? [];
  /** Written before the phone had ever read which grid it is in. */
  async function withGrid(input: Input): Promise<Input> {
    if (input['grid'] || input['point']) return input;
    const { myGrids } = await line.query(MyGridsDocument, {});
    return { ...input, grid: myGrids[0]?.id ?? null };
  }
  box = await openOutbox<Told>({
    store,
    owner,
    alone: browser.alone!,
    upload: line.upload,
    async send(mutation, input) {
      const answer = (await line.query(documents[mutation]!, { input } as { input: never })) as Record<string, Told>;
      const told = answer[mutation]!;
      // Kept before the entry goes: what settles this submission on the spot has to find it, restart or not.
      if (mutation === 'caseSubmit' && told.case) await mine.put(`submitted/${chainOf(input)}`, told.case);
      return told;
    },
    async prepare(entry, input) {
      if (entry.mutation === 'caseSubmit') return withGrid(input);
      const caseId = (input['caseId'] as string | undefined) ?? (await submittedAs(mine, entry));
      if (!caseId) return input;
      const { case: found } = await line.query(VersionOfDocument, { id: caseId });
      if (!found) throw refusal('NOT_FOUND', t('该事件不存在，或已不在您的网格内。', 'The case is not there, or no longer in your grid.'));
      return { ...input, caseId, expectedVersion: found.version };
    },
    refused: (_entry, errors) => errors.some(({ code }) => code === 'CONFLICT'),
    done: (entry, told) => void finished(mine, entry, told),
    changed: (all) => {
      if (kept === mine) entries.value = all;
    },
  });
  isLasting.value = box.isLasting;
  entries.value = box.entries;
}

export function closeOutbox(): void {
  box?.close();
  box = null;
  entries.value = [];
  sent.value = [];
}

export const flush = () => box?.flush() ?? Promise.resolve();

const refusal = (code: string, message: string) => new Failure([{ message, extensions: { code } }]);
const chainOf = ({ idempotencyKey }: Input) => entries.value.find(({ sealed }) => sealed?.['idempotencyKey'] === idempotencyKey)?.chain ?? '';

async function submittedAs(mine: Kept, entry: Entry): Promise<string | null> {
  if (entry.mutation !== 'caseSelfHandle') return null;
  const found = await mine.get<{ id: string }>(`submitted/${entry.chain}`);
  if (!found) throw refusal('NOT_FOUND', t('它所属的上报没有送达，不能单独办结。', 'The submission it belongs to never arrived.'));
  return found.id;
}

async function finished(mine: Kept, entry: Entry, told: Told): Promise<void> {
  const words = wordsOf(entry);
  const one: Sent = {
    id: entry.id,
    words,
    at: serverNow(),
    number: told.case?.number ?? null,
    caseId: told.case?.id ?? null,
    collected: told.submission?.collected ?? null,
    reached: [...new Set(told.submission?.reached.map(({ department }) => department.name) ?? [])],
  };
  sent.value = [one, ...sent.value].slice(0, SENT_KEPT);
  const reached = one.reached.length ? t(`，送达 ${one.reached.join('、')}`, `, reached ${one.reached.join(', ')}`) : '';
  say('done', t(`已送达：${words.what}${one.number ? ` · ${one.number}` : ''}${reached}`, `Delivered: ${words.what}${one.number ? ` · ${one.number}` : ''}${reached}`));
  await mine.put('sent', sent.value.map((it) => ({ ...it, words: { ...it.words, form: {} } }))).catch(() => undefined);
  if (entry.mutation === 'caseSelfHandle') await mine.remove(`submitted/${entry.chain}`);
}

export interface Kin {
  mutation: string;
  input: Input;
  words: Words;
  chain?: string;
  /** Which photos of the draft go with it. */
  takes: (kind: 'BEFORE' | 'AFTER') => boolean;
}

/** Keeps what a draft says, one entry or several of one chain. Rejects where the phone is full; the draft is still there. */
export async function keep(draft: Draft<unknown>, several: readonly Kin[]): Promise<void> {
  const owned = box!;
  const album = await Promise.all(draft.pictures.map(async (one) => ({ ...one, bytes: await kept!.bytes(one.key) })));
  const added: Entry[] = [];
  try {
    for (const { mutation, input, words, chain, takes } of several) {
      const pictures = album.flatMap(({ bytes, type, name, kind }) => (bytes && takes(kind) ? [{ bytes, type, name, about: { kind } }] : []));
      added.push(await owned.add({ mutation, input, pictures, words: { ...words }, ...(chain ? { chain } : {}) }));
    }
  } catch (error) {
    for (const entry of added.reverse()) await owned.discard(entry.id);
    throw error;
  }
}

export const retry = (entry: Entry) => box!.retry(entry.id);
export const pictureOf = (picture: Entry['pictures'][number]) => box!.picture(picture);

/** Back into the form it came from, photos included: first there, then away from here. */
export async function takeBack(entry: Entry): Promise<Words> {
  const words = wordsOf(entry);
  const kin = entries.value.filter((one) => one.chain === entry.chain && wordsOf(one).draft === words.draft);
  const pictures = [];
  for (const one of kin)
    for (const [n, picture] of one.pictures.entries()) {
      const bytes = await box!.picture(picture);
      const key = `drafts/${words.draft}/photos/${one.id}-${n}`;
      if (!bytes) continue;
      await kept!.putBytes(key, bytes);
      pictures.push({ key, type: picture.type, name: picture.name, kind: picture.about['kind'] as 'BEFORE' | 'AFTER' });
    }
  await kept!.put(`drafts/${words.draft}/form`, { form: words.form, pictures });
  for (const one of [...kin].reverse()) await box!.discard(one.id);
  return words;
}

/** With everything that hangs on it. */
export async function discard(entry: Entry): Promise<void> {
  const after = entries.value.filter((one) => one.chain === entry.chain && one.keptAt >= entry.keptAt && one.id >= entry.id);
  for (const one of [...after].reverse()) await box!.discard(one.id);
}

export const errorsOf = (entry: Entry): readonly UserError[] => entry.errors;
