// One wall: whose it is, which division it looks at, and everything that keeps that picture true.
import { backoff } from '@client/live';
import { computed, shallowRef, watch } from 'vue';
import { LatestDocument, PressingDocument, ViewerDocument } from '../generated/graphql';
import type { Case, Place, Viewer } from '../types';
import { followShift, openBoards, touchBoards } from './boards';
import { followBreaks, forgetBreaks } from './breaks';
import { startFrom } from './feed';
import { countOverdue, days, figures, loadDays, loadFigures, overdueByStage } from './figures';
import { followFocus } from './focus';
import { followEvents, followFigures } from './following';
import { resynced } from '@shared/link';
import { failed, measureTime, onReconnect, pause, settleClock, transport, trouble } from './server';
import { createStay, type Stay } from './stay';
import { groups, loadGroups, refresher } from './tiles';
import { isoDay, learnTime, now, serverNow, startClock } from '@shared/time';

export { trouble };
export const viewer = shallowRef<Viewer | null>(null);
/** From the wall's own division down to the one in focus. */
export const path = shallowRef<readonly Place[]>([]);
export const focus = computed(() => path.value[path.value.length - 1] ?? null);

const FULL_REFRESH_MS = 5 * 60_000; // figures that depend on time alone: overdue, near due, a new day
const DAY_MS = 86_400_000;

let stay: Stay = createStay();
let stopFollowing: () => void = () => undefined;

const rows = (list: { edges: { node: Case }[] }) => list.edges.map(({ node }) => node);

async function loadCases(place: Place, mine: Stay): Promise<void> {
  const divisions = [place.id];
  const latest = await transport.query(LatestDocument, { divisions });
  const pressing = await transport.query(PressingDocument, { divisions });
  if (mine.isOver) return;
  startFrom(latest.cases.cursor, [...rows(latest.cases), ...rows(pressing.urgent), ...rows(pressing.outsourced)]);
  stopFollowing();
  const stopEvents = followEvents(place, () => {
    resynced();
    open(path.value);
  });
  const stopFigures = followFigures(place, mine);
  const stopShift = followShift(place, mine);
  const stopBreaks = followBreaks(place, mine);
  stopFollowing = () => {
    stopEvents();
    stopFigures();
    stopShift();
    stopBreaks();
  };
}

async function loadMap(place: Place, mine: Stay): Promise<void> {
  const [fresh, map] = await Promise.all([loadFigures(transport, place.id), loadGroups(transport, place)]);
  if (mine.isOver) return;
  const known = figures.value;
  if (!known || !fresh || Date.parse(fresh.asOf) >= Date.parse(known.asOf)) figures.value = fresh; // the stream may be ahead
  groups.value = map;
}

async function refreshFigures(place: Place, mine: Stay): Promise<void> {
  await refresher.during(loadMap(place, mine));
  if (mine.isOver) return;
  trouble.value = null;
  await countOverdue(transport, place.id, () => !mine.isOver);
  const yesterday = isoDay(serverNow() - DAY_MS);
  const known = days.value[days.value.length - 1]?.day;
  if (known !== yesterday) await loadDays(transport, place.id, () => !mine.isOver);
}

function refresh(): void {
  const place = focus.value;
  const mine = stay;
  void measureTime().catch(failed);
  touchBoards();
  if (place) void mine.insist(() => refreshFigures(place, mine));
}

/** Looks at the last division of `way`; the old picture stays until the new one is there. */
export function open(way: readonly Place[]): void {
  const place = way[way.length - 1];
  if (!place) return;
  stay.end();
  stopFollowing();
  refresher.stop();
  if (place.id !== focus.value?.id) {
    days.value = [];
    overdueByStage.value = {};
    forgetBreaks();
  }
  path.value = way;
  const mine = (stay = createStay());
  openBoards(place, mine);
  void mine.insist(() => loadCases(place, mine));
  void mine.insist(() => refreshFigures(place, mine));
}

async function askWhoWeAre(): Promise<void> {
  const sent = Date.now();
  const answer = await transport.query(ViewerDocument, {});
  learnTime(sent, answer.viewer.serverTime, Date.now());
  viewer.value = answer.viewer;
  trouble.value = null;
}

export async function openWall(): Promise<void> {
  startClock();
  for (let attempt = 0; !viewer.value; attempt++) {
    await askWhoWeAre().catch(async (error: unknown) => {
      failed(error);
      await pause(backoff(attempt));
    });
  }
  if (viewer.value.division) {
    open([viewer.value.division]);
    followFocus(viewer.value.division);
  } else trouble.value = 'viewer.division is null';
  void settleClock();
  onReconnect(refresh);
  setInterval(refresh, FULL_REFRESH_MS);
  watch(() => isoDay(now.value), refresh); // midnight: today's figures begin again
}
