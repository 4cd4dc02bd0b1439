// Where somebody is on the page: behind the #, so that the back button goes back and a reload stays.
import { ref } from 'vue';

const now = () => location.hash.replace(/^#/, '') || '/';
export const route = ref(now());
window.addEventListener('hashchange', () => (route.value = now()));

export function go(to: string, isInstead = false): void {
  if (isInstead) {
    history.replaceState(null, '', `#${to}`);
    route.value = to;
  } else location.hash = to;
}

export const back = () => (history.length > 1 ? history.back() : go('/'));
