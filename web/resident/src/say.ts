// Chinese and English of this page; which one it speaks was chosen on this phone.
import { isEnglish, t } from '@shared/language';
import { headline, momentText, OUTCOMES, OUTCOMES_EN, sceneOf, STAGES, STAGES_EN } from './core/words';

export { headline, isEnglish, t };
export { placeOf } from './core/words';

/** Both languages of one thing. */
export interface Said {
  zh: string;
  en: string;
}
export const say = (words: Said) => (isEnglish ? words.en : words.zh);
export const moment = (at: number | string) => momentText(at, Date.now(), isEnglish);
export const stageName = (stage: keyof typeof STAGES) => (isEnglish ? STAGES_EN : STAGES)[stage];
export const outcomeName = (outcome: keyof typeof OUTCOMES) => (isEnglish ? OUTCOMES_EN : OUTCOMES)[outcome];
export const kindName = (kind: string) => {
  const scene = sceneOf(kind);
  return scene ? say(scene) : '';
};
