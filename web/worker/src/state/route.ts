// Where somebody is stands in the address: the back button of the phone goes back.
import { computed, shallowRef } from 'vue';

export type Page = 'today' | 'new' | 'collect' | 'mine' | 'grid' | 'outbox';
export const PAGES: readonly Page[] = ['today', 'new', 'collect', 'mine', 'grid', 'outbox'];

const read = () => decodeURIComponent(location.hash.slice(1));
const hash = shallowRef(read());
addEventListener('hashchange', () => (hash.value = read()));

const parts = computed(() => hash.value.split('/'));
export const page = computed<Page>(() => PAGES.find((one) => one === parts.value[0]) ?? 'today');
/** The case that is open beside a list, or in place of it on a phone. */
export const openCase = computed(() => (page.value === 'today' || page.value === 'mine' ? (parts.value[1] ?? null) : null));

export const addressOf = (to: Page, id?: string) => `#${to}${id ? `/${encodeURIComponent(id)}` : ''}`;

export function go(to: Page, id?: string): void {
  location.hash = addressOf(to, id);
}
