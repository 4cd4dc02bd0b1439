// Short sentences about what just happened. One at a time: a desk is not a log.
import { shallowRef } from 'vue';

export interface Notice {
  tone: 'done' | 'note' | 'refused';
  zh: string;
  en: string;
}

const STAYS_MS = 6_000;
let timer: ReturnType<typeof setTimeout> | undefined;

export const notice = shallowRef<Notice | null>(null);

export function say(tone: Notice['tone'], zh: string, en = ''): void {
  notice.value = { tone, zh, en };
  clearTimeout(timer);
  timer = setTimeout(dismiss, STAYS_MS);
}

export function dismiss(): void {
  clearTimeout(timer);
  notice.value = null;
}
