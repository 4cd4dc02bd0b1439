// Who is signed in, and everything that keeps their picture true.
import { backoff } from '@client/live';
import { subjectOf } from '@client/tokens';
import { learnTime, now, startClock } from '@shared/time';
import { computed, shallowRef } from 'vue';
import { ViewerDocument } from '../generated/graphql';
import type { Viewer } from '../types';
import { openFirm, readFirm } from './firm';
import { forgetOrders, onResync, openOrders } from './orders';
import { flush, openSending } from './sending';
import { failed, measureTime, onReconnect, pause, settleClock, transport, trouble } from './server';
import { onNewToken, tokens } from './tokens';

const ENDS_SOON_MS = 15 * 60_000;
const OURS: readonly string[] = ['PROVIDER_STAFF', 'PROVIDER_ADMIN'];

export const viewer = shallowRef<Viewer | null>(null);
export const isProvider = computed(() => viewer.value?.roles.some((role) => OURS.includes(role)) ?? false);
export const isAdmin = computed(() => viewer.value?.roles.includes('PROVIDER_ADMIN') ?? false);

/** Milliseconds until the token ends, once that is soon; else null. */
export const endsIn = computed(() => {
  const at = viewer.value?.expiresAt;
  const left = at ? Date.parse(at) - now.value : Infinity;
  return left < ENDS_SOON_MS ? left : null;
});

let owner: string | null = null;
let turn = 0;

export async function begin(): Promise<void> {
  const mine = ++turn;
  for (let attempt = 0; mine === turn; attempt++) {
    try {
      const sent = Date.now();
      const answer = await transport.query(ViewerDocument, {});
      learnTime(sent, answer.viewer.serverTime, Date.now());
      const who = subjectOf(await tokens.current()) ?? 'unknown';
      if (mine !== turn) return;
      const isOther = who !== owner;
      if (owner !== null && isOther) forgetOrders(); // another person's screen shows nothing of the last one's
      owner = who;
      viewer.value = answer.viewer;
      trouble.value = null;
      if (isOther) await openSending(who);
      else flush();
      if (isProvider.value) {
        openFirm(who);
        void openOrders();
      } else forgetOrders();
      return;
    } catch (error) {
      failed(error);
      await pause(backoff(attempt));
    }
  }
}

export async function openProvider(): Promise<void> {
  startClock();
  onNewToken(() => void begin());
  onResync(() => void begin());
  onReconnect(() => {
    flush();
    if (isProvider.value) void readFirm();
    void measureTime().then(() => (trouble.value = null), failed);
  });
  await begin();
  void settleClock();
}
