// One desk: who sits at it, and everything that keeps its picture true.
import { backoff } from '@client/live';
import { learnTime, now, startClock } from '@shared/time';
import { computed, shallowRef } from 'vue';
import { ViewerDocument } from '../generated/graphql';
import type { Role, Viewer } from '../types';
import { openBoard } from './board';
import { say } from '@shared/notices';
import { failed, measureTime, onReconnect, pause, settleClock, transport, trouble } from './server';
import { onNewToken } from './tokens';

const ENDS_SOON_MS = 15 * 60_000;

export const viewer = shallowRef<Viewer | null>(null);
export const roles = computed<readonly Role[]>(() => viewer.value?.roles ?? []);
export const may = (...some: Role[]) => some.some((role) => roles.value.includes(role));

/** Milliseconds until the token ends, once that is soon; else null. */
export const endsIn = computed(() => {
  const at = viewer.value?.expiresAt;
  const left = at ? Date.parse(at) - now.value : Infinity;
  return left < ENDS_SOON_MS ? left : null;
});

async function askWhoWeAre(): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      const sent = Date.now();
      const answer = await transport.query(ViewerDocument, {});
      learnTime(sent, answer.viewer.serverTime, Date.now());
      const before = viewer.value;
      viewer.value = answer.viewer;
      trouble.value = null;
      if (before && rightsOf(before) !== rightsOf(answer.viewer)) say('note', '您的角色或权限范围已变更，页面已按新的权限刷新。', 'Your rights have changed.');
      return;
    } catch (error) {
      failed(error);
      await pause(backoff(attempt));
    }
  }
}

const rightsOf = (one: Viewer) =>
  [one.realm, one.division?.id, ...one.grants.map(({ role, scope }) => `${role}:${scope}`)].join(' ');

/** After a resync: rights may have changed with it. */
async function again(): Promise<void> {
  await askWhoWeAre();
  openBoard(again);
}

export async function openDesk(): Promise<void> {
  startClock();
  await askWhoWeAre();
  openBoard(again);
  onNewToken(() => void again());
  void settleClock();
  onReconnect(() => void measureTime().then(() => (trouble.value = null), failed));
}
