// Chinese and English of this page; which one it speaks was chosen on this phone.
import { isEnglish, t } from '@shared/language';
import { headline, lengthOf, momentText, OUTCOMES, OUTCOMES_EN, sceneOf, STAGES, STAGES_EN } from './core/words';

export { headline, isEnglish, t };
export { placeOf } from './core/words';

/** What a case is about; what was said where nobody has named a matter yet. */
export function titleOf({ title, kind, description }: { title: string; kind: string; description?: string | null }): string {
  const named = headline(title);
  const words = description?.trim().replace(/\s+/g, ' ') ?? '';
  return named === sceneOf(kind)?.zh && words ? [...words].slice(0, 24).join('') + (lengthOf(words) > 24 ? '…' : '') : named;
}

/** Both languages of one thing. */
export interface Said {
  zh: string;
  en: string;
}
export const say = (words: Said) => (isEnglish ? words.en : words.zh);
export const moment = (at: number | string) => momentText(at, Date.now(), isEnglish);
const capital = (words: string) => words.slice(0, 1).toUpperCase() + words.slice(1);
export const stageName = (stage: keyof typeof STAGES) => capital((isEnglish ? STAGES_EN : STAGES)[stage]);
export const outcomeName = (outcome: keyof typeof OUTCOMES) => (isEnglish ? OUTCOMES_EN : OUTCOMES)[outcome];
export const kindName = (kind: string) => {
  const scene = sceneOf(kind);
  return scene ? say(scene) : '';
};
