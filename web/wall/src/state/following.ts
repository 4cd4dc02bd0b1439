// The two streams of a wall: events of cases, and the figures of the division and its children.
import { followCases } from '@client/follow';
import { backoff } from '@client/live';
import { CaseEventsDocument, FiguresChangedDocument, type CaseEventsSubscriptionVariables } from '../generated/graphql';
import type { Case, Event, Place } from '../types';
import { position, take } from './feed';
import { touchBoards } from './boards';
import { countOverdue, figures } from './figures';
import { eventArrived } from '@shared/link';
import { travel } from './motion';
import { failed, live, transport } from './server';
import type { Stay } from './stay';
import { groupFigures, groups, refresher, tileOf } from './tiles';

type Resumable = CaseEventsSubscriptionVariables & { after?: string | null };

export function followEvents(place: Place, resync: () => void): () => void {
  const variables: Resumable = { after: position(), divisions: [place.id] };
  return followCases<Case, Event, Resumable>(live, CaseEventsDocument, variables, { event: arrived, resync });
}

function arrived(event: Event): void {
  eventArrived(event);
  const before = take(event);
  if (!event.case) return;
  travel(event, before);
  const touched = tileOf(groups.value, event.case);
  if (touched) refresher.touch(touched, event.kind === 'SUBMITTED');
}

/** A live value: nothing to resume, the newest answer is the whole truth. */
export function followFigures(place: Place, stay: Stay): () => void {
  let stopped = false;
  let attempt = 0;
  let stop: () => void = () => undefined;
  const again = () => setTimeout(() => !stopped && run(), backoff(attempt++));

  function run(): void {
    stop = live.subscribe(FiguresChangedDocument, { division: place.id }, {
      next({ data }) {
        attempt = 0;
        for (const one of data?.metricsChanged ?? []) {
          if (one.division?.id === place.id) figures.value = one;
          else if (one.division) groupFigures(one.division.id, one.open);
        }
        touchBoards();
        void countOverdue(transport, place.id, () => !stay.isOver).catch(failed);
      },
      refused: again,
      ended: again,
    });
  }
  run();
  return () => {
    stopped = true;
    stop();
  };
}
