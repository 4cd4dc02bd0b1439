// The one server a screen talks to: queries, the socket, and the server's clock.
import { browserTransport } from '@client/browser';
import { pause } from '@client/platform';
import type { Tokens } from '@client/tokens';
import type { TypedDocument } from '@client/transport';
import { shallowRef } from 'vue';
import { link, linkChanged } from './link';
import { learnTime } from './time';

export { pause };

type ServerTime = TypedDocument<{ viewer: { serverTime: string } }, Record<string, never>>;

export function openServer(tokens: Tokens, serverTime: ServerTime, language: 'zh-CN' | 'en' = 'zh-CN') {
  /** What went wrong last and is being tried again; null once something succeeded. */
  const trouble = shallowRef<string | null>(null);
  const failed = (error: unknown): void => {
    trouble.value = error instanceof Error ? error.message : String(error);
  };

  const reconnected = new Set<() => void>();
  const onReconnect = (act: () => void) => reconnected.add(act);

  const transport = browserTransport({
    tokens,
    language,
    onLink(state, again) {
      linkChanged(state, again);
      if (state === 'open' && again) reconnected.forEach((act) => act());
    },
    onWay: (way) => (link.way = way),
  });

  async function measureTime(): Promise<void> {
    const sent = Date.now();
    const { viewer } = await transport.query(serverTime, {});
    learnTime(sent, viewer.serverTime, Date.now());
  }

  /** The first answers are slow while the page loads; three quiet ones give a clock worth measuring with. */
  async function settleClock(): Promise<void> {
    for (let sample = 0; sample < 3; sample++) {
      await pause(1_500);
      await measureTime().catch(failed);
    }
  }

  return { trouble, failed, transport, live: transport, onReconnect, measureTime, settleClock };
}
