// Command orders: those from here and below as they change, those from above read at a calm interval.
import { followValue } from '@client/values';
import { computed, shallowRef, watch } from 'vue';
import { CommandOrdersDocument, CommandProgressDocument, type CommandFragment } from '../generated/graphql';
import { createCalm } from './calm';
import { may, viewer } from './desk';
import { live, transport } from './server';

export type Command = CommandFragment;

const UNDER_WAY = new Set(['ISSUED', 'SIGNED']);
const held = shallowRef<ReadonlyMap<string, Command>>(new Map());

/** Of two answers about one order the newer stands, in whatever order they came. Pure. */
export function merged(known: ReadonlyMap<string, Command>, news: readonly Command[]): Map<string, Command> {
  const next = new Map(known);
  for (const one of news) if (one.version >= (next.get(one.id)?.version ?? 0)) next.set(one.id, one);
  return next;
}

/** Where an order waits for somebody: late ones first, then by deadline; the ended ones last. Pure. */
export function inOrder(list: readonly Command[]): Command[] {
  const rank = (one: Command) => (!UNDER_WAY.has(one.state) ? 2 : one.flaggedCount > 0 ? 0 : 1);
  return [...list].sort((a, b) => rank(a) - rank(b) || (rank(a) === 2 ? (a.issuedAt < b.issuedAt ? 1 : -1) : a.dueAt < b.dueAt ? -1 : 1));
}

export const orders = computed(() => inOrder([...held.value.values()]));
export const underWay = computed(() => orders.value.filter(({ state }) => UNDER_WAY.has(state)));
export const isUnderWay = ({ state }: Command) => UNDER_WAY.has(state);

const list = createCalm(async () => (await transport.query(CommandOrdersDocument, {})).commandOrders.edges.map(({ node }) => node));
watch(list.value, (found) => found && (held.value = merged(held.value, found)));
export const readOrders = list.read;
export const watchOrders = list.watch;
export const isRead = computed(() => list.value.value !== undefined);

let stop: () => void = () => undefined;
watch(viewer, (mine) => {
  stop();
  held.value = new Map();
  if (!mine) return;
  void list.read();
  const division = mine.division?.id;
  if (division) stop = followValue(live, CommandProgressDocument, { division }, ({ commandProgress }) => (held.value = merged(held.value, commandProgress)));
});

const OF_CENTRE = ['COMMANDER', 'SHIFT_LEADER', 'DISPATCHER'] as const;
export const mayIssue = computed(() => viewer.value?.division != null && may('COMMANDER', 'SHIFT_LEADER'));
/** Units of an order that the viewer most likely speaks for; the server knows for certain. */
export const unitsOfMine = (one: Command) =>
  one.units.filter(({ centre, department }) => (centre ? centre.id === viewer.value?.division?.id && may(...OF_CENTRE) : department != null && may('HANDLER') && !viewer.value?.division));
export const mayWithdraw = (one: Command) => mayIssue.value && isUnderWay(one) && one.division.code.startsWith(viewer.value?.division?.code ?? '-');
