// 我有话说: what a division asks its people, one vote each, and what it came to.
import type { Task } from '@client/outbox';
import type { ConsultationQuery, ConsultationRowFragment } from '../generated/graphql';
import { lengthOf } from './words';

export type ConsultationListed = ConsultationRowFragment;
export type ConsultationShown = NonNullable<ConsultationQuery['consultation']>;
type Voted = Pick<ConsultationRowFragment, 'myVote'>;

export const LONGEST_WORDS = 500;

/** In the order in which they are shown. Those that have not begun, or were taken back, are nobody's business. */
export const SHOWN_STATES = ['OPEN', 'CLOSED', 'ANSWERED'] as const;
export const CONSULTATION_STATES = {
  PLANNED: { zh: '未开始', en: 'Not open yet' },
  OPEN: { zh: '正在征求意见', en: 'Open' },
  CLOSED: { zh: '已截止，等待答复', en: 'Closed, to be answered' },
  ANSWERED: { zh: '已答复', en: 'Answered' },
  WITHDRAWN: { zh: '已撤回', en: 'Taken back' },
} as const;

export interface Ballot {
  choice: number | null;
  words: string;
}

/** What has to be put right before a vote is sent; null where nothing has. */
export function voteTrouble(ballot: Ballot, { myVote }: Voted): { zh: string; en: string } | null {
  if (ballot.choice == null) return { zh: '请先选一项。', en: 'Please choose one first.' };
  if (lengthOf(ballot.words) > LONGEST_WORDS) return { zh: `您的意见最多 ${LONGEST_WORDS} 字，请缩短一些。`, en: `At most ${LONGEST_WORDS} characters.` };
  if (myVote && myVote.choice === ballot.choice && (myVote.words ?? '') === ballot.words.trim()) {
    return { zh: '您已经投过这一票，不用再投；每人只算一票。', en: 'You have voted so already; each person has one vote.' };
  }
  return null;
}

export function voteTask({ id, title, options }: Pick<ConsultationRowFragment, 'id' | 'title' | 'options'>, ballot: Ballot): Task {
  const words = ballot.words.trim();
  return {
    mutation: 'consultationVote',
    input: { id, choice: ballot.choice, ...(words ? { words } : {}) },
    chain: id,
    words: { title, option: options[ballot.choice ?? -1] ?? '', ballot: { ...ballot } },
  };
}

export interface OptionResult {
  option: string;
  votes: number;
  /** Of those who took part, without decimals. */
  percent: number;
  isMine: boolean;
}

/** The result by option, in the order they were offered; null before it is told. */
export function resultOf({ digest, myVote }: Pick<ConsultationShown, 'digest' | 'myVote'>): OptionResult[] | null {
  if (!digest) return null;
  return digest.options.map(({ option, votes }, at) => ({
    option, votes, percent: digest.voters ? Math.round((votes * 100) / digest.voters) : 0, isMine: myVote?.choice === at,
  }));
}
