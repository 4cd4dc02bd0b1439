// A page that opens without a line: the browser keeps its files, and takes new ones when there are some.
import { pause } from '@client/platform';

/** Only over HTTPS or on the machine itself: browsers allow it nowhere else. Elsewhere the page works while it stays open. */
export async function keepPage(screen: string): Promise<void> {
  if (import.meta.env.DEV || !('serviceWorker' in navigator)) return;
  await pause(0); // first the page, then its provisions
  await navigator.serviceWorker.register(`/${screen}/offline.js`, { scope: `/${screen}` }).catch(() => undefined);
}
