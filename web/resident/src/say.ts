// Chinese and English of this page; which one it speaks was chosen on this phone.
import { isEnglish, t } from '@shared/language';
import { momentText, OUTCOMES, OUTCOMES_EN, sceneOf, STAGES, STAGES_EN } from './core/words';

export { isEnglish, t };
export { headline, placeOf, titleOf } from './core/words';

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
