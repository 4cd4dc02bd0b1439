// Where the loop is blocked, broken or divergent: all open breaks of the viewer's scope, kept true by what is found and repaired.
import { zh } from '@client/labels';
import { followValue } from '@client/values';
import { computed, shallowRef, watch } from 'vue';
import { LoopBreakFoundDocument, type BreakFragment } from '../generated/graphql';
import { lengthText } from '@shared/clocks';
import { viewer } from './desk';
import { momentText } from '@shared/moments';
import { live } from './server';

export type Break = BreakFragment;

const held = shallowRef<ReadonlyMap<string, Break>>(new Map());

/** What `news` makes of what was known: everything anew, or some of it. Pure. */
export function taken(known: ReadonlyMap<string, Break>, news: { isWhole: boolean; breaks: readonly Break[] }): Map<string, Break> {
  const next = new Map(news.isWhole ? [] : known);
  for (const one of news.breaks) {
    if (one.repairedAt) next.delete(one.id);
    else next.set(one.id, one);
  }
  return next;
}

/** The one to be repaired first stands first. */
export const openBreaks = computed(() => [...held.value.values()].sort((a, b) => (a.repairBy < b.repairBy ? -1 : 1)));
export const breakCount = computed(() => held.value.size);

let stop: () => void = () => undefined;
watch(viewer, () => {
  stop();
  stop = followValue(live, LoopBreakFoundDocument, {}, ({ loopBreakFound }) => (held.value = taken(held.value, loopBreakFound)));
});

const seconds = (n: number) => lengthText(n * 1_000);

/** What shows it, as a sentence. Pure. */
export function evidenceText({ cause, evidence }: Break): string {
  const { link, since, dwellSeconds, medianSeconds, samples, fromCentre, toCentre, opinions } = evidence;
  if (cause === 'SLOW_LINK' && dwellSeconds != null && medianSeconds != null) {
    const usual = samples ? `近 30 天 ${samples} 件的中位数` : '规定时限';
    return `在「${zh('CaseStage', link)}」已 ${seconds(dwellSeconds)}，${usual}为 ${seconds(medianSeconds)}`;
  }
  if (cause === 'NO_RECEIPT') return `${fromCentre?.name ?? '上一级'}交给${toCentre?.name ?? '另一级'}指挥中心，一直未签收`;
  if (opinions.length) {
    return opinions
      .map(({ department, proposed, outcome }) => `${department?.name ?? '某单位'}：${proposed ? `应由${proposed.name}办` : zh('CaseOutcome', outcome)}`)
      .join('；');
  }
  const from = since ? `自 ${momentText(since)} 起` : '';
  if (cause === 'NO_OWNER') return `${from}没有单位承办`;
  if (cause === 'NOT_DELIVERED') return `${from}没有渠道能把答复送到上报人`;
  return zh('BreakCause', cause);
}

/** Actions that mend it, the likeliest first. */
export const MENDED_BY: Readonly<Record<string, readonly string[]>> = {
  EXPEDITE: ['EXPEDITE'],
  REASSIGN: ['RECEIVE_HOP', 'DISPATCH', 'REASSIGN', 'RESPOND'],
  RULE: ['RULE'],
};
