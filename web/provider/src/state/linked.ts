// The one order of a link. The token stands behind the # of the address, where no server and no log sees it.
import { browser, browserTransport } from '@client/browser';
import type { Answer } from '@client/intents';
import { openOutbox, type Entry, type Outbox, type Picture } from '@client/outbox';
import { browserStore } from '@client/store';
import { createTokens, subjectOf } from '@client/tokens';
import { say } from '@shared/notices';
import { startClock } from '@shared/time';
import { computed, ref, shallowRef } from 'vue';
import { LinkedOrderActDocument, LinkedOrderDocument, type LinkedFragment, type LinkedOrderActInput, type WorkOrderUpdateKind } from '../generated/graphql';

interface LinkedAnswer extends Answer {
  order?: LinkedFragment | null;
}

const LOOK_AGAIN_MS = 15_000;

const token = location.hash.slice(1);
export const isOver = ref(!token);
const tokens = createTokens(token, () => {
  isOver.value = true; // nobody can be asked for another: who gave the link can give a new one
  return new Promise(() => undefined);
});
const transport = browserTransport({ tokens, ways: ['polling'] });

export const order = shallowRef<LinkedFragment | null>(null);
export const entries = shallowRef<readonly Entry[]>([]);
export const isOff = ref(false);
export const isLasting = shallowRef(true);
let outbox: Outbox | null = null;

export const kindOf = (entry: Entry) => entry.input['kind'] as WorkOrderUpdateKind;
export const said = computed(() => new Set(entries.value.map(kindOf)));

export async function look(): Promise<void> {
  if (isOver.value) return;
  try {
    const { linkedOrder } = await transport.query(LinkedOrderDocument, {});
    isOff.value = false;
    if (linkedOrder) order.value = linkedOrder;
    else isOver.value = true;
  } catch {
    isOff.value = true;
  }
}

const being = new Set<string>();

/** Answers true once it is kept on this device. */
export async function tell(kind: WorkOrderUpdateKind, text: string, pictures: readonly Picture[] = []): Promise<boolean> {
  if (!outbox || being.has(kind)) return false;
  if (said.value.has(kind)) return true;
  being.add(kind);
  try {
    await outbox.add({ mutation: 'linkedOrderAct', input: { kind, ...(text ? { text } : {}) }, pictures, chain: 'order' });
    return true;
  } catch {
    say('refused', '这台设备的存储空间不足，没有保存。请清理空间后再试。', 'No room left on this device.');
    return false;
  } finally {
    being.delete(kind);
  }
}

export const retry = (id: string) => outbox?.retry(id);
export const discard = (id: string) => outbox?.discard(id);

export async function openLink(): Promise<void> {
  startClock();
  if (isOver.value) return;
  const owner = subjectOf(token) ?? 'link';
  const mine = transport.as(owner);
  outbox = await openOutbox<LinkedAnswer>({
    store: await browserStore(),
    owner,
    upload: mine.upload,
    alone: browser.alone,
    send: async (_mutation, input) => (await mine.query(LinkedOrderActDocument, { input: input as unknown as LinkedOrderActInput })).linkedOrderAct,
    done(_entry, payload) {
      if (payload.order) order.value = payload.order;
      else isOver.value = true;
      say('done', '已送达。', 'Done.');
    },
    changed: (all) => (entries.value = all),
  });
  entries.value = outbox.entries;
  isLasting.value = outbox.isLasting;
  window.addEventListener('online', () => {
    void look();
    void outbox?.flush();
  });
  window.addEventListener('offline', () => (isOff.value = true));
  setInterval(() => document.visibilityState === 'visible' && void look(), LOOK_AGAIN_MS);
  await look();
}
