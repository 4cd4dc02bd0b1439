// What is missing in a form: said from the first attempt to send on, gone with the stroke that fills it.
import { computed, nextTick, ref, useTemplateRef, type ComputedRef } from 'vue';

export interface Blanks {
  blanks: ComputedRef<readonly string[]>;
  /** True where nothing is missing; else somebody is brought to the first thing that is. */
  check(): boolean;
  reset(): void;
}

/** The form itself carries `ref="frame"`. */
export function useBlanks(missing: () => readonly string[]): Blanks {
  const frame = useTemplateRef<HTMLElement>('frame');
  const isChecked = ref(false);
  const blanks = computed(() => (isChecked.value ? missing() : []));

  function check(): boolean {
    isChecked.value = true;
    if (!blanks.value.length) return true;
    void nextTick(() => frame.value?.querySelector<HTMLElement>('[aria-invalid="true"], .invalid input')?.focus());
    return false;
  }

  return { blanks, check, reset: () => (isChecked.value = false) };
}
