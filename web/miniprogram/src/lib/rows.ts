// Cases as the pages draw them: WXML cannot call a function, so every word is ready. Pure.
import type { CaseRow } from '@core/resident';
import { OUTCOMES, placeOf, STAGES, STAGES_EN, titleOf } from '@core/words';
import { moment, word } from './words';

const OUTCOMES_EN: Readonly<Record<keyof typeof OUTCOMES, string>> = {
  RESOLVED: 'Resolved', PARTLY_RESOLVED: 'Partly resolved', EXPLAINED: 'Explained', NO_PROBLEM_FOUND: 'No problem found',
  DUPLICATE: 'Duplicate', NOT_OURS: 'Not for us',
};
export const outcomeText = (outcome: keyof typeof OUTCOMES, isEnglish: boolean) => (isEnglish ? OUTCOMES_EN : OUTCOMES)[outcome];

export interface Step {
  stage: string;
  name: string;
  also: string;
  at: string;
  state: string;
}

export const stepsOf = (steps: CaseRow['plainSteps'], isEnglish: boolean): Step[] =>
  steps.map(({ stage, reachedAt, isCurrent }) => ({
    stage,
    name: isEnglish ? STAGES_EN[stage] : STAGES[stage],
    also: isEnglish ? STAGES[stage] : STAGES_EN[stage],
    at: reachedAt ? moment(reachedAt, isEnglish) : '',
    state: isCurrent ? 'reached current' : reachedAt ? 'reached' : '',
  }));

export interface Card {
  number: string;
  stage: string;
  name: string;
  kind: string;
  place: string;
  at: string;
  steps: Step[];
  promise: string;
  unit: string;
}

export const cardOf = (row: CaseRow, isEnglish: boolean): Card => ({
  number: row.number,
  stage: row.plainStage,
  name: titleOf(row),
  kind: row.isFollowed ? word('mine', 'followed', isEnglish) : word('scenes', row.kind, isEnglish),
  place: placeOf(row.title),
  at: moment(row.submittedAt, isEnglish),
  steps: stepsOf(row.plainSteps, isEnglish),
  promise: row.promisedAt ? moment(row.promisedAt, isEnglish) : '',
  unit: row.unit ?? '',
});
