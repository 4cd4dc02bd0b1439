// The delivery log of the provider's own system.
import { createIntents } from '@client/intents';
import { say } from '@shared/notices';
import { computed, ref, shallowRef, watch } from 'vue';
import { DeliveriesDocument, RedeliverDocument, WebhooksDocument, type WebhookDeliveryState } from '../generated/graphql';
import type { Delivery, Webhook } from '../types';
import { transport } from './server';

const PAGE = 50;

export const webhooks = shallowRef<readonly Webhook[] | null>(null);
export const chosen = ref<string | null>(null);
export const state = ref('');
export const log = shallowRef<readonly Delivery[]>([]);
export const isReading = ref(false);
export const failures = ref('');
const after = ref<string | null>(null);

const { carryOut } = createIntents<Delivery>(async (_mutation, input) => {
  const { webhookRedeliver } = await transport.query(RedeliverDocument, { input: input as { idempotencyKey: string; delivery: string } });
  return { case: webhookRedeliver.delivery ?? null, userErrors: webhookRedeliver.userErrors };
});

async function attempt(work: () => Promise<void>): Promise<void> {
  isReading.value = true;
  try {
    await work();
    failures.value = '';
  } catch {
    failures.value = '推送记录暂时读不到，请检查网络后再试。';
  }
  isReading.value = false;
}

const page = (from: string | null) =>
  transport.query(DeliveriesDocument, { webhook: chosen.value!, state: (state.value || null) as WebhookDeliveryState | null, first: PAGE, after: from });

/** Reads the newest page; rows further down that were read before stay. */
async function readNewest(): Promise<void> {
  const webhook = chosen.value;
  if (!webhook) return;
  const { webhookDeliveries } = await page(null);
  if (webhook !== chosen.value) return;
  const fresh = webhookDeliveries.edges.map(({ node }) => node);
  const known = new Set(fresh.map(({ id }) => id));
  const older = log.value.filter(({ id }) => !known.has(id));
  log.value = older.length && log.value.length > PAGE ? [...fresh, ...older] : fresh;
  if (log.value === fresh) after.value = webhookDeliveries.pageInfo.hasNextPage ? (webhookDeliveries.pageInfo.endCursor ?? null) : null;
}

export const openLog = (provider: string) =>
  attempt(async () => {
    webhooks.value = (await transport.query(WebhooksDocument, { serviceProvider: provider })).webhooks;
    chosen.value ??= webhooks.value[0]?.id ?? null;
    await readNewest();
  });

watch([chosen, state], ([webhook]) => {
  log.value = [];
  if (webhook) void attempt(readNewest);
});

/** Null where there is nothing older. */
export const readMore = computed(() =>
  after.value === null
    ? null
    : () =>
        attempt(async () => {
          const { webhookDeliveries } = await page(after.value);
          log.value = [...log.value, ...webhookDeliveries.edges.map(({ node }) => node)];
          after.value = webhookDeliveries.pageInfo.hasNextPage ? (webhookDeliveries.pageInfo.endCursor ?? null) : null;
        }),
);

export async function redeliver(id: string): Promise<void> {
  const outcome = await carryOut('webhookRedeliver', { delivery: id });
  if (outcome.kind === 'done') {
    say('done', '已安排再推送一次。', 'It will be sent again.');
    if (outcome.case) log.value = log.value.map((one) => (one.id === id ? outcome.case! : one));
  } else if (outcome.kind === 'refused') say('refused', outcome.errors.map(({ message }) => message).join(''));
  else say('refused', '没有收到答复，请再按一次，不会重复。', 'No answer; pressing again is safe.');
}
