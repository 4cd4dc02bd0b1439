// The one server this wall talks to: queries, the socket, and the server's clock.
import { createLive } from '@client/live';
import { createTransport } from '@client/transport';
import { shallowRef } from 'vue';
import { ServerTimeDocument } from '../generated/graphql';
import { linkChanged } from './link';
import { learnTime } from './time';
import { tokens } from './tokens';

/** What went wrong last and is being tried again; null once something succeeded. */
export const trouble = shallowRef<string | null>(null);

export function failed(error: unknown): void {
  trouble.value = error instanceof Error ? error.message : String(error);
}

export const transport = createTransport('/graphql', tokens);

const reconnected = new Set<() => void>();
export const onReconnect = (act: () => void) => reconnected.add(act);

export const live = createLive({
  url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`,
  tokens,
  onLink(state, again) {
    linkChanged(state, again);
    if (state === 'open' && again) reconnected.forEach((act) => act());
  },
});

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

export async function measureTime(): Promise<void> {
  const sent = Date.now();
  const { viewer } = await transport.query(ServerTimeDocument, {});
  learnTime(sent, viewer.serverTime, Date.now());
}

/** The first answers are slow while the page loads; three quiet ones give a clock worth measuring with. */
export async function settleClock(): Promise<void> {
  for (let sample = 0; sample < 3; sample++) {
    await pause(1_500);
    await measureTime().catch(failed);
  }
}
