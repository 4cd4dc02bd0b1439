// Whether the machine itself says that it has no line: known at once, long before a socket notices.
import { ref } from 'vue';

export const isCut = ref(typeof navigator !== 'undefined' && navigator.onLine === false);

if (typeof addEventListener !== 'undefined') {
  addEventListener('offline', () => (isCut.value = true));
  addEventListener('online', () => (isCut.value = false));
}
