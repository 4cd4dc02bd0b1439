// Which queue is looked at, which of its cases, and what stands in the address so that a reload shows the same.
import { computed, ref, shallowRef, watch } from 'vue';
import { headline, nearPlaceOf } from '@shared/cases';
import type { Row } from '../types';
import { counts, filling, readMore, roughNow, rows } from './board';
import { byPressure, queueOf } from './queues';
import { failed } from './server';

const fromAddress = () => new URLSearchParams(location.hash.slice(1));

export const queueKey = ref(fromAddress().get('queue') ?? '');
export const chosenId = ref<string | null>(fromAddress().get('case'));
export const search = ref('');
export const queue = computed(() => queueOf(queueKey.value));

watch([queueKey, chosenId], () => {
  const said = new URLSearchParams();
  if (queueKey.value) said.set('queue', queueKey.value);
  if (chosenId.value) said.set('case', chosenId.value);
  history.replaceState(null, '', `#${said.toString()}`);
});

const words = (row: Row) =>
  `${row.number} ${row.title} ${headline(row)} ${row.division.fullName}${nearPlaceOf(row)} ${row.responsibleUnit?.name ?? ''}`;

/** The rows of the queue in the order of work. */
export const listed = computed<readonly Row[]>(() => {
  const wanted = search.value.trim();
  const found = rows.value.filter(
    (row) => queue.value.holds(row, roughNow.value) && (!wanted || words(row).includes(wanted)),
  );
  return found.sort(byPressure);
});

/** Where in the list somebody stands; stays when the case itself has moved on. */
const stand = ref(0);
export const index = computed(() => listed.value.findIndex(({ id }) => id === chosenId.value));
watch(index, (at) => at >= 0 && (stand.value = at));

export function choose(id: string | null): void {
  chosenId.value = id;
}

export function step(by: number): void {
  const list = listed.value;
  if (!list.length) return;
  // The next one has moved up to where the chosen one was.
  const from = index.value >= 0 ? index.value : by > 0 ? stand.value - 1 : stand.value;
  choose(list[Math.min(list.length - 1, Math.max(0, from + by))]!.id);
}

export function enter(key: string): void {
  if (key === queueKey.value) return;
  queueKey.value = key;
  search.value = '';
  stand.value = 0;
  position.value = undefined;
  choose(null);
}

/** How many the list stands for: exactly, or what is held of more. */
export const total = computed(() => counts.value[queue.value.key] ?? listed.value.length);

/** Where the next page of this queue begins: undefined before the first, null after the last. */
const position = shallowRef<string | null | undefined>(undefined);
let isReading = false;

/** Called when somebody reaches the end of the list: beyond the rows held there may be more. */
export async function more(): Promise<void> {
  const { filter } = queue.value;
  if (!filling.isPartial || !filter || isReading || position.value === null) return;
  isReading = true;
  const key = queueKey.value;
  try {
    const next = await readMore(filter, position.value ?? null);
    if (key === queueKey.value) position.value = next;
  } catch (error) {
    failed(error);
  } finally {
    isReading = false;
  }
}
