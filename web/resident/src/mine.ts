// One's own cases, live: by the stream of an account; without one by asking again, for there is no stream of several cases.
import { onUnmounted, ref, shallowRef, watch } from 'vue';
import type { KeptCase } from './core/kept';
import type { CaseRow, Wanted } from './core/resident';
import { arrived, resident, sentenceOf } from './state';

const AGAIN_MS = 30_000;

/**
 * `wanted`: how many, and of which kinds; asked anew whenever it looks.
 * `followed`: the case, where one matters more than the others, that even a guest sees change at once.
 */
export function useMine(wanted: () => Wanted, followed: (rows: readonly CaseRow[]) => string | null = () => null) {
  const rows = shallowRef<readonly CaseRow[] | null>(null);
  const isMore = ref(false);
  const lost = shallowRef<readonly KeptCase[]>([]);
  const trouble = ref('');
  let stop: () => void = () => undefined;
  let unfollow: () => void = () => undefined;
  let now: string | null = null;
  let asked = 0;

  async function look(): Promise<void> {
    const one = resident.value;
    const turn = ++asked;
    if (!one) return;
    try {
      const found = await one.mine(wanted());
      if (turn !== asked) return;
      rows.value = found.rows;
      isMore.value = found.isMore;
      lost.value = found.lost;
      trouble.value = '';
      if (one.isGuest) followOne(followed(found.rows));
    } catch (error) {
      if (turn === asked) trouble.value = sentenceOf(error);
    }
  }

  function followOne(number: string | null): void {
    if (number === now) return;
    unfollow();
    now = number;
    unfollow = number ? resident.value!.follow(number, () => void look()) : () => undefined;
  }

  watch(
    resident,
    (one) => {
      stop();
      unfollow();
      now = null;
      rows.value = null;
      if (!one) return;
      if (one.isGuest) {
        const timer = setInterval(() => void look(), AGAIN_MS);
        stop = () => clearInterval(timer);
      } else stop = one.follow(null, () => void look());
      void look();
    },
    { immediate: true },
  );
  watch(arrived, look);
  onUnmounted(() => {
    asked++;
    stop();
    unfollow();
  });
  return { rows, isMore, lost, trouble, look };
}
