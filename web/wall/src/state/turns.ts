// Which of the panels at the bottom is seen: each in its turn. A digit shows one and keeps it for a while.
import { ref } from 'vue';

const TURN_MS = 20_000;
const KEPT_MS = 120_000;
const PANELS = [7, 8, 9, 10] as const;
type Panel = (typeof PANELS)[number];

export const turn = ref<Panel>(7);
let timer: ReturnType<typeof setTimeout>;

export const nextPanel = (one: Panel): Panel => PANELS[(PANELS.indexOf(one) + 1) % PANELS.length]!;

function keep(ms: number): void {
  clearTimeout(timer);
  timer = setTimeout(() => {
    turn.value = nextPanel(turn.value);
    keep(TURN_MS);
  }, ms);
}

export function startTurns(): void {
  keep(TURN_MS);
  window.addEventListener('keydown', ({ key, target, ctrlKey, altKey, metaKey }) => {
    if (ctrlKey || altKey || metaKey || target instanceof HTMLInputElement) return;
    const asked = PANELS.find((one) => String(one % 10) === key);
    if (!asked) return;
    turn.value = asked;
    keep(KEPT_MS);
  });
}
