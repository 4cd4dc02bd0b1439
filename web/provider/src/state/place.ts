// Where one is stands in the address, so that the back button of a phone goes back: list, order, form.
import { computed, ref } from 'vue';

const TABS = ['orders', 'outbox', 'crews', 'log'] as const;
export type Tab = (typeof TABS)[number];

interface Place {
  tab: Tab;
  group: string | null;
  order: string | null;
  /** The action whose form is open. */
  act: string | null;
}

const read = (): Place => {
  const said = new URLSearchParams(location.hash.slice(1));
  return { tab: TABS.find((one) => one === said.get('tab')) ?? 'orders', group: said.get('group'), order: said.get('order'), act: said.get('act') };
};

const place = ref(read());
window.addEventListener('popstate', () => (place.value = read()));
window.addEventListener('hashchange', () => (place.value = read()));

export const tab = computed(() => place.value.tab);
export const group = computed(() => place.value.group);
export const orderId = computed(() => place.value.order);
export const actOpen = computed(() => place.value.act);

/** Steps made within this page: going back from them stays in it. */
let steps = 0;

function hashOf({ tab, group, order, act }: Place): string {
  const said = new URLSearchParams();
  if (tab !== 'orders') said.set('tab', tab);
  if (group) said.set('group', group);
  if (order) said.set('order', order);
  if (act) said.set('act', act);
  return `#${said.toString()}`;
}

export function go(to: Partial<Place>, how: 'push' | 'replace' = 'push'): void {
  const next = { ...place.value, ...to };
  const hash = hashOf(next);
  if (hash === hashOf(place.value)) return;
  place.value = next;
  if (how === 'push') {
    steps++;
    history.pushState(null, '', hash);
  } else history.replaceState(null, '', hash);
}

/** As the phone's own button; where there is nothing to go back to, up. */
export function back(): void {
  if (steps > 0) {
    steps--;
    history.back();
  } else go(place.value.act ? { act: null } : { order: null }, 'replace');
}
