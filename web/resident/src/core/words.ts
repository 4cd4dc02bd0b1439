// How cases are spoken of to people who handed them in. Plain words; times always in Asia/Shanghai, with no need of Intl.
export const STAGES = { RECEIVED: '已收到', IN_HAND: '办理中', ANSWERED: '已答复', FINISHED: '已办结' } as const;
export const STAGES_EN = { RECEIVED: 'received', IN_HAND: 'in hand', ANSWERED: 'answered', FINISHED: 'finished' } as const;
export const OUTCOMES = {
  RESOLVED: '已解决',
  PARTLY_RESOLVED: '部分解决',
  EXPLAINED: '解释说明',
  NO_PROBLEM_FOUND: '未发现问题',
  DUPLICATE: '重复件',
  NOT_OURS: '不属受理范围',
} as const;
export const OUTCOMES_EN = {
  RESOLVED: 'resolved',
  PARTLY_RESOLVED: 'partly resolved',
  EXPLAINED: 'explained',
  NO_PROBLEM_FOUND: 'no problem found',
  DUPLICATE: 'reported already',
  NOT_OURS: 'not for us',
} as const;

export interface Scene {
  kind: 'PROBLEM' | 'SERVICE_REQUEST' | 'QUESTION' | 'VOICE';
  zh: string;
  en: string;
  about: string;
  aboutEn: string;
  ask: string;
  askEn: string;
}

/** What may be handed in here, in the order in which it is offered. */
export const SCENES: readonly Scene[] = [
  {
    kind: 'PROBLEM', zh: '我要报事', en: 'Report a problem', ask: '是什么问题？', askEn: 'What is it about?',
    about: '路坏了、灯不亮、有隐患，拍张照告诉我们', aboutEn: 'A broken road, a dark lamp, a danger: take a photo',
  },
  {
    kind: 'SERVICE_REQUEST', zh: '我有事办', en: 'Ask for a service', ask: '要办什么事？', askEn: 'What do you need?',
    about: '上门服务、困难帮助、证明咨询', aboutEn: 'Help at home, hardship, certificates',
  },
  {
    kind: 'QUESTION', zh: '你问我答', en: 'Ask a question', ask: '关于哪方面？', askEn: 'What is it about?',
    about: '政策、办事、社区的事，问了就答', aboutEn: 'Policies, formalities, your community',
  },
  {
    kind: 'VOICE', zh: '我有话说', en: 'Have your say', ask: '关于哪方面？', askEn: 'What is it about?',
    about: '参加征求意见，提意见和建议', aboutEn: 'Vote, and tell us what you think',
  },
];
export const sceneOf = (kind: string) => SCENES.find((one) => one.kind === kind) ?? null;
/** What an app is for. Without an app, everything; an app nobody knows is for nothing. */
export const offered = (app: { scenes: readonly string[] } | null) => SCENES.filter(({ kind }) => !app || app.scenes.includes(kind));

const two = (n: number) => String(n).padStart(2, '0');
/** The wall clock of the city as the fields of UTC. */
const local = (at: number | string) => new Date((typeof at === 'number' ? at : Date.parse(at)) + 8 * 3_600_000);

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `11月23日 15:20`, `23 Nov 15:20`; with the year where it is another one. */
export function momentText(at: number | string, now = Date.now(), isEnglish = false): string {
  const it = local(at);
  const year = it.getUTCFullYear() === local(now).getUTCFullYear() ? '' : String(it.getUTCFullYear());
  const time = `${two(it.getUTCHours())}:${two(it.getUTCMinutes())}`;
  if (isEnglish) return `${it.getUTCDate()} ${MONTHS[it.getUTCMonth()]} ${year && `${year} `}${time}`;
  return `${year && `${year}年`}${it.getUTCMonth() + 1}月${it.getUTCDate()}日 ${time}`;
}

/** What a title is about; the place stands elsewhere. */
export const headline = (title: string) => title.split(' · ')[0] ?? title;

/** What titles begin with while nobody has named a matter. */
export const UNNAMED: readonly string[] = ['报事', '我有事办', '你问我答', '我有话说', '举报', '矛盾纠纷'];
const NAME_LENGTH = 24;
/** What a case is about; what was said where nobody has named a matter yet. */
export function titleOf({ title, description }: { title: string; description?: string | null }): string {
  const named = headline(title);
  const words = description?.trim().replace(/\s+/g, ' ') ?? '';
  return UNNAMED.includes(named) && words ? [...words].slice(0, NAME_LENGTH).join('') + (lengthOf(words) > NAME_LENGTH ? '…' : '') : named;
}

/** 二郎巷社区居委会第1网格 is 二郎巷社区 第1网格: the place, not its committee, and no name twice. */
export function placeOf(title: string): string {
  const said = title.split(' · ').slice(1).join(' · ');
  const [, name = '', committee = '', grid = ''] = /^(.+?)(居委会|村委会|居民委员会|村民委员会)(.*)$/.exec(said) ?? [];
  if (!name) return said;
  const place = committee.startsWith('村') && !name.endsWith('村') ? `${name}村` : name;
  return grid.startsWith(place) || !grid ? grid || place : `${place} ${grid}`;
}

/** Characters as people count them: an emoji is one. */
export const lengthOf = (text: string) => [...text].length;
