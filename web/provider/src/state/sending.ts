// Everything that is said to the server goes through the outbox: kept on the phone first, sent once, told when it is done.
import { browser } from '@client/browser';
import { forms } from '@client/forms';
import type { Answer, Input, UserError } from '@client/intents';
import { zh } from '@client/labels';
import { openOutbox, type Entry, type Outbox, type Picture } from '@client/outbox';
import { browserStore, type Store } from '@client/store';
import { Failure, type TypedDocument } from '@client/transport';
import { formOf } from '@shared/forms';
import { say } from '@shared/notices';
import { computed, shallowRef } from 'vue';
import { OrderFragmentDoc } from '../generated/graphql';
import type { Order } from '../types';
import { orderNow, take } from './orders';
import { transport } from './server';

interface OrderAnswer extends Answer {
  workOrder?: Order | null;
}

let outbox: Outbox | null = null;
let store: Promise<Store> | null = null;

export const entries = shallowRef<readonly Entry[]>([]);
export const isLasting = shallowRef(true);

export const waitingFor = computed(() => {
  const found = new Map<string, Entry[]>();
  for (const one of entries.value) found.set(one.chain, [...(found.get(one.chain) ?? []), one]);
  return found;
});
export const refused = computed(() => entries.value.filter(({ state }) => state === 'refused' || state === 'unsure'));

export const actionOf = (entry: Entry) => entry.words['action'] as string;
export const taskOf = (entry: Entry) => entry.words['task'] as string;

const MOVED = '这张任务单在您操作之后有变化，请打开核对后再决定。';

/** The document that carries out any action on an order and answers with the order. */
function documentOf(mutation: string): TypedDocument<Record<string, OrderAnswer>, { input: Input }> {
  const text =
    `mutation Act($input: ${forms[mutation]!.input}!) { ${mutation}(input: $input) ` +
    `{ workOrder { ...Order } userErrors { code message field } } }\n${OrderFragmentDoc.toString()}`;
  return text;
}

/** The version that the case has by now; an order is accepted only as it was read. */
async function prepare(entry: Entry, input: Input): Promise<Input> {
  const order = await orderNow(entry.chain);
  if (!order?.case) throw new Failure([{ message: '这张任务单已不在您的权限范围内（可能已取消或改派）。', extensions: { code: 'NOT_FOUND' } }]);
  const isPromise = actionOf(entry) === 'WORK_ORDER_ACCEPT';
  if (isPromise && order.version !== entry.words['version']) throw new Failure([{ message: MOVED, extensions: { code: 'CONFLICT' } }]);
  return { ...input, expectedVersion: order.case.version };
}

function done(entry: Entry, { workOrder }: OrderAnswer): void {
  if (workOrder) take(workOrder);
  say('done', `已${short(actionOf(entry))}：${taskOf(entry)}`, 'Done.');
}

/** 服务商接单 is 接单 to the provider itself. */
export const short = (action: string) => zh('CaseAction', action).replace(/^服务商/, '');

export async function openSending(owner: string): Promise<void> {
  closeSending();
  store ??= browserStore();
  const mine = transport.as(owner);
  const opened = await openOutbox<OrderAnswer>({
    store: await store,
    owner,
    upload: mine.upload,
    alone: browser.alone,
    send: async (mutation, input) => (await mine.query(documentOf(mutation), { input }))[mutation]!,
    prepare,
    refused: (entry: Entry, errors: readonly UserError[]) =>
      actionOf(entry) !== 'WORK_ORDER_ACCEPT' && errors.some(({ code }) => code === 'CONFLICT'),
    done,
    changed: (all) => (entries.value = all),
  });
  outbox = opened;
  entries.value = opened.entries;
  isLasting.value = opened.isLasting;
}

export function closeSending(): void {
  outbox?.close();
  outbox = null;
  entries.value = [];
}

export const flush = () => void outbox?.flush();
export const retry = (id: string) => outbox?.retry(id) ?? Promise.resolve();
export const discard = (id: string) => outbox?.discard(id) ?? Promise.resolve();
export const pictureOf = (one: Entry['pictures'][number]) => outbox?.picture(one) ?? Promise.resolve(null);

/** What is being written to the store: not waiting yet, and not to be said twice either. */
const being = new Set<string>();

/** Answers true once it is kept; a second tap on the same is the first. */
export async function keep(order: Order, action: string, input: Input = {}, pictures: readonly Picture[] = []): Promise<boolean> {
  const form = formOf(action);
  if (!form || !outbox) return false;
  const what = `${form.mutation} ${order.id}`;
  if (being.has(what) || waitingFor.value.get(order.id)?.some((one) => one.mutation === form.mutation)) return true;
  being.add(what);
  try {
    await outbox.add({
      mutation: form.mutation,
      input: { workOrderId: order.id, ...input },
      pictures,
      chain: order.id,
      words: { action, task: order.task, version: order.version },
    });
    return true;
  } catch {
    say('refused', '这台设备的存储空间不足，没有保存。请清理空间后再试，页面上的内容还在。', 'No room left on this device.');
    return false;
  } finally {
    being.delete(what);
  }
}

window.addEventListener('online', flush);
document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && flush());
