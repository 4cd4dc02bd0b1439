// Open loop breaks of the division in focus: all at the start, then each that is found or repaired.
import { shallowRef } from 'vue';
import { backoff } from '@client/live';
import { withNews, type Break } from '../charts/notches';
import { BreaksFoundDocument, type BreaksFoundSubscription } from '../generated/graphql';
import type { Place } from '../types';
import { live } from './server';
import type { Stay } from './stay';

type Row = BreaksFoundSubscription['loopBreakFound']['breaks'][number];

export const breaks = shallowRef<ReadonlyMap<string, Break>>(new Map());
/** Whether the picture is there: no notches before it would say that all is well. */
export const knowsBreaks = shallowRef(false);

const breakOf = (row: Row): Break => ({
  id: row.id,
  kind: row.kind,
  link: row.evidence.link ?? row.case?.stage ?? null,
  isRepaired: row.repairedAt != null,
});

export function forgetBreaks(): void {
  breaks.value = new Map();
  knowsBreaks.value = false;
}

export function followBreaks(place: Place, stay: Stay): () => void {
  let stop: () => void = () => undefined;
  let attempt = 0;
  const again = () => void setTimeout(() => !stay.isOver && run(), backoff(attempt++));
  function run(): void {
    stop = live.subscribe(BreaksFoundDocument, { division: place.id }, {
      next({ data }) {
        if (!data) return;
        attempt = 0;
        breaks.value = withNews(breaks.value, data.loopBreakFound.isWhole, data.loopBreakFound.breaks.map(breakOf));
        knowsBreaks.value = true;
      },
      refused: again,
      ended: again,
    });
  }
  run();
  return () => stop();
}
