// The chosen case in full: read when it is chosen, read again when somebody changed it.
import { backoff } from '@client/live';
import { computed, shallowRef, watch } from 'vue';
import { CaseByNumberDocument, CaseOfDocument } from '../generated/graphql';
import type { Detail, Event, Row } from '../types';
import { onEvent, rowOf } from './board';
import { chosenId } from './choosing';
import { failed, pause, transport, trouble } from './server';

const SETTLE_MS = 120; // an arrow key that is held down passes over cases without reading them
const AGAIN_MS = 250;

export const detail = shallowRef<Detail | null>(null);
/** The chosen case is not there, or not for this viewer any more. */
export const isGone = shallowRef(false);
/** What others did to it while somebody looks: the newest such event. */
export const changedBy = shallowRef<Event | null>(null);
export const isLoading = computed(() => chosenId.value != null && detail.value?.id !== chosenId.value && !isGone.value);

let turn = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

watch(
  chosenId,
  (id) => {
    turn++;
    clearTimeout(timer);
    isGone.value = false;
    changedBy.value = null;
    if (detail.value?.id !== id) detail.value = null;
    if (id) timer = setTimeout(() => void read(), SETTLE_MS);
  },
  { immediate: true },
);

/** Reads the chosen case until that succeeds or another one is chosen. */
export async function read(): Promise<void> {
  const id = chosenId.value;
  const mine = ++turn;
  for (let attempt = 0; id && mine === turn; attempt++) {
    try {
      const { case: found } = await transport.query(CaseOfDocument, { id });
      if (mine !== turn) return;
      trouble.value = null;
      isGone.value = !found;
      show(found ?? null);
      return;
    } catch (error) {
      failed(error);
      await pause(backoff(attempt));
    }
  }
}

export function show(found: Detail | null): void {
  if (found && found.id !== chosenId.value) return;
  if (found && detail.value?.id === found.id && detail.value.version > found.version) return;
  detail.value = found;
}

onEvent((event) => {
  const shown = detail.value;
  if (!shown || event.caseId !== shown.id || (event.version ?? Infinity) <= shown.version) return;
  changedBy.value = event;
  clearTimeout(timer);
  timer = setTimeout(() => void read(), AGAIN_MS);
});

/** For a case that is chosen but not read yet: what the list knows of it. */
export const outline = computed(() => detail.value ?? (chosenId.value ? (rowOf(chosenId.value) ?? null) : null));

export async function caseByNumber(number: string): Promise<Row | null> {
  return (await transport.query(CaseByNumberDocument, { number })).case ?? null;
}
