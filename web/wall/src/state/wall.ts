// One wall: whose it is, which division it looks at, and everything that keeps that picture true.
import { computed, shallowRef } from 'vue';
import { followCases } from '@client/follow';
import { backoff, createLive } from '@client/live';
import { createTransport } from '@client/transport';
import {
  CaseEventsDocument,
  FiguresChangedDocument,
  LatestDocument,
  PressingDocument,
  ServerTimeDocument,
  ViewerDocument,
  type CaseEventsSubscriptionVariables,
} from '../generated/graphql';
import type { Case, Event, Place, Viewer } from '../types';
import { position, startFrom, take } from './feed';
import { countOverdue, days, figures, loadDays, loadFigures, overdueByStage } from './figures';
import { eventArrived, linkChanged, resynced } from './link';
import { travel } from './motion';
import { createRefresher, groupFigures, groups, loadGroups, tileOf } from './tiles';
import { isoDay, learnTime, serverNow, startClock } from './time';
import { tokens } from './tokens';

export const viewer = shallowRef<Viewer | null>(null);
/** From the wall's own division down to the one in focus. */
export const path = shallowRef<readonly Place[]>([]);
export const focus = computed(() => path.value[path.value.length - 1] ?? null);
export const trouble = shallowRef<string | null>(null);

const FULL_REFRESH_MS = 5 * 60_000; // figures that depend on time alone: overdue, near due, a new day

const transport = createTransport('/graphql', tokens);
const socketUrl = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`;
const live = createLive({
  url: socketUrl,
  tokens,
  onLink(state, again) {
    linkChanged(state, again);
    if (state === 'open' && again) {
      void measureTime().catch(failed);
      void refreshFigures().catch(failed);
    }
  },
});

let generation = 0; // rises with every change of focus: late answers of an earlier one are dropped
let stopFollowing: () => void = () => undefined;
const refresher = createRefresher(transport, failed);

function failed(error: unknown): void {
  trouble.value = error instanceof Error ? error.message : String(error);
}

async function measureTime(): Promise<void> {
  const sent = Date.now();
  const answer = await transport.query(ServerTimeDocument, {});
  learnTime(sent, answer.viewer.serverTime, Date.now());
}

/** The first answers are slow while the page loads; three quiet ones give a clock worth measuring with. */
async function settleClock(): Promise<void> {
  for (let sample = 0; sample < 3; sample++) {
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await measureTime().catch(failed);
  }
}

const rows = (list: { edges: { node: Case }[] }) => list.edges.map(({ node }) => node);

function arrived(event: Event): void {
  eventArrived(event);
  const before = take(event);
  if (!event.case) return;
  travel(event, before);
  const touched = tileOf(groups.value, event.case);
  if (touched) refresher.touch(touched, event.kind === 'SUBMITTED');
}

async function refreshFigures(): Promise<void> {
  const place = focus.value;
  if (!place) return;
  const mine = generation;
  const isCurrent = () => mine === generation;
  const [fresh, map] = await Promise.all([loadFigures(transport, place.id), loadGroups(transport, place)]);
  if (!isCurrent()) return;
  figures.value = fresh;
  groups.value = map;
  trouble.value = null;
  await countOverdue(transport, place.id, isCurrent);
  const yesterday = isoDay(serverNow() - 86_400_000);
  if (days.value[days.value.length - 1]?.day !== yesterday) await loadDays(transport, place.id, isCurrent);
}

async function start(place: Place, mine: number): Promise<void> {
  const divisions = [place.id];
  const latest = await transport.query(LatestDocument, { divisions });
  const pressing = await transport.query(PressingDocument, { divisions });
  if (mine !== generation) return;
  startFrom(latest.cases.cursor, [...rows(latest.cases), ...rows(pressing.urgent), ...rows(pressing.outsourced)]);
  follow(place);
  await refreshFigures();
}

function follow(place: Place): void {
  const variables: CaseEventsSubscriptionVariables & { after?: string | null } = { after: position(), divisions: [place.id] };
  const stopCases = followCases<Case, Event, typeof variables>(live, CaseEventsDocument, variables, {
    event: arrived,
    resync() {
      resynced();
      open(path.value);
    },
  });
  const stopFigures = followFigures(place);
  stopFollowing = () => {
    stopCases();
    stopFigures();
  };
}

function followFigures(place: Place): () => void {
  let stopped = false;
  let attempt = 0;
  let stop: () => void = () => undefined;
  const again = () => setTimeout(() => !stopped && run(), backoff(attempt++));
  const mine = generation;
  function run(): void {
    stop = live.subscribe(FiguresChangedDocument, { division: place.id }, {
      next({ data }) {
        attempt = 0;
        for (const one of data?.metricsChanged ?? []) {
          if (one.division?.id === place.id) figures.value = one;
          else if (one.division) groupFigures(one.division.id, one.open);
        }
        void countOverdue(transport, place.id, () => mine === generation).catch(failed);
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

/** Looks at the last division of `way`; the old picture stays until the new one is there. */
export function open(way: readonly Place[]): void {
  const place = way[way.length - 1];
  if (!place) return;
  const mine = ++generation;
  if (place.id !== focus.value?.id) {
    days.value = [];
    overdueByStage.value = {};
  }
  path.value = way;
  stopFollowing();
  refresher.stop();
  const attempt = (n: number): void => {
    start(place, mine).catch((error: unknown) => {
      failed(error);
      if (mine === generation) setTimeout(() => mine === generation && attempt(n + 1), backoff(n));
    });
  };
  attempt(0);
}

export async function openWall(): Promise<void> {
  startClock();
  for (let attempt = 0; !viewer.value; attempt++) {
    try {
      const sent = Date.now();
      const answer = await transport.query(ViewerDocument, {});
      learnTime(sent, answer.viewer.serverTime, Date.now());
      viewer.value = answer.viewer;
      trouble.value = null;
    } catch (error) {
      failed(error);
      await new Promise((resolve) => setTimeout(resolve, backoff(attempt)));
    }
  }
  void settleClock();
  if (viewer.value.division) open([viewer.value.division]);
  else trouble.value = 'viewer.division is null';
  setInterval(() => {
    void measureTime().catch(failed);
    void refreshFigures().catch(failed);
  }, FULL_REFRESH_MS);
}
