// 你问我答: what somebody asked on this phone, what they were told, and what became of it where a person was asked.
import type { Task } from '@client/outbox';
import type { AskQuery } from '../generated/graphql';
import { read, type Shelf } from './machine';
import { lengthOf } from './words';

export const LONGEST_QUESTION = 200;

export interface Told {
  /** Id of the item of the knowledge base. */
  id: string;
  question: string;
  answer: string;
  source: string;
  owner: string;
  /** Last local day it holds; null where none is set. */
  validTo: string | null;
  confidence: number;
}

export interface Asked {
  id: string;
  question: string;
  at: number;
  /** Best first. */
  told: readonly Told[];
  /** Whether the first may be given as the answer. */
  isSure: boolean;
  /** 已解决 or 没有解决; null while they have not said. */
  verdict: boolean | null;
  /** The case of kind QUESTION, once a person was asked and it has arrived. */
  number: string | null;
}

/** A case of kind QUESTION as far as its answer goes. */
interface AnsweredCase {
  number: string;
  submittedAt: string;
  description?: string | null;
  responses: readonly { at: string; text?: string | null }[];
}

/** One line of one's own questions: asked here, put to a person, or both. Newest first. */
export interface OwnQuestion<R> {
  key: string;
  question: string;
  at: number;
  asked: Asked | null;
  row: R | null;
}

export const answerOf = (found: AskQuery['ask']): Pick<Asked, 'told' | 'isSure'> => ({
  isSure: found.isSure,
  told: found.cited.map(({ confidence, item: { validTo, ...item } }) => ({ ...item, validTo: (validTo as string | null | undefined) ?? null, confidence })),
});

/** How sure an answer is, in words; numbers tell people nothing. */
export function sureness(confidence: number): { zh: string; en: string; isSure: boolean } {
  if (confidence >= 0.75) return { zh: '很符合您的问题', en: 'Fits your question well', isSure: true };
  if (confidence >= 0.45) return { zh: '基本符合您的问题', en: 'Should fit your question', isSure: true };
  return { zh: '不一定是您要问的', en: 'May not be what you asked', isSure: false };
}

/** What is wrong with a question; null where nothing is. */
export function questionTrouble(question: string): { zh: string; en: string } | null {
  if (!question.trim()) return { zh: '请写下您的问题。', en: 'Please write your question.' };
  if (lengthOf(question.trim()) > LONGEST_QUESTION) {
    return { zh: `问题最多 ${LONGEST_QUESTION} 字。写不下的，可以直接问工作人员。`, en: `At most ${LONGEST_QUESTION} characters. Ask our staff where that is too short.` };
  }
  return null;
}

/** Whether an answer helped: sent once a press, the last one counts. */
export const judgeTask = (itemId: string, isSolved: boolean, title: string): Task => ({
  mutation: 'knowledgeJudge',
  input: { id: itemId, isSolved },
  chain: itemId,
  words: { title },
});

const KEY = 'gridcast.resident/asked';
const MOST = 30;

/** The questions of one person on this phone; nobody else's. Nothing of a question is kept on the server. */
export function askedBy(shelf: Shelf, owner: string) {
  const key = `${KEY}/${owner}`;
  const all = () => read<Asked[]>(shelf, key, []);
  const put = (rows: readonly Asked[]) => shelf.put(key, JSON.stringify(rows.slice(0, MOST)));
  const change = (id: string, what: Partial<Asked>) => put(all().map((one) => (one.id === id ? { ...one, ...what } : one)));
  return {
    all,
    /** The same question asked again takes the place of the first one, unless a person is at it. */
    add(question: string, answer: Pick<Asked, 'told' | 'isSure'>, at = Date.now()): Asked {
      const others = all().filter((one) => one.question !== question || one.number);
      const one: Asked = { id: `${at}-${Math.random().toString(36).slice(2, 8)}`, question, at, ...answer, verdict: null, number: null };
      put([one, ...others]);
      return one;
    },
    judge: (id: string, isSolved: boolean) => change(id, { verdict: isSolved }),
    handedIn: (id: string, number: string) => change(id, { number }),
    remove: (id: string) => put(all().filter((one) => one.id !== id)),
  };
}

export type AskedShelf = ReturnType<typeof askedBy>;

/** What was asked here beside what was put to a person, from this phone or another. */
export function ownQuestions<R extends AnsweredCase>(asked: readonly Asked[], cases: readonly R[]): OwnQuestion<R>[] {
  const byNumber = new Map(cases.map((row) => [row.number, row]));
  const here = asked.map((one): OwnQuestion<R> => {
    const row = one.number ? (byNumber.get(one.number) ?? null) : null;
    if (row) byNumber.delete(row.number);
    return { key: one.id, question: one.question, at: one.at, asked: one, row };
  });
  const elsewhere = [...byNumber.values()].map((row): OwnQuestion<R> => ({
    key: row.number, question: row.description ?? '', at: Date.parse(row.submittedAt), asked: null, row,
  }));
  return [...here, ...elsewhere].sort((a, b) => b.at - a.at);
}
