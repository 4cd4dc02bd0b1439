// Driving the wall: what it is asked to show, and what it shows now.
import { headline } from '@shared/cases';
import { now } from '@shared/time';
import { followValue } from '@client/values';
import { computed, shallowRef, watch } from 'vue';
import { FocusScreenDocument, ScreenFocusedDocument, type FocusFragment } from '../generated/graphql';
import type { Detail } from '../types';
import { may, viewer } from './desk';
import { createIntents } from '@client/intents';
import { say } from '@shared/notices';
import { live, transport } from './server';

const told = shallowRef<FocusFragment | null>(null);

export const mayFocus = computed(() => viewer.value?.division != null && may('SHIFT_LEADER', 'DISPATCHER', 'COMMANDER'));

/** What the walls of the desk's own division show because somebody asked them to; null otherwise. */
export const focused = computed(() => {
  const one = told.value;
  return one && one.kind !== 'NOTHING' && one.endsAt && Date.parse(one.endsAt) > now.value ? one : null;
});
export const secondsLeft = computed(() => (focused.value?.endsAt ? Math.ceil((Date.parse(focused.value.endsAt) - now.value) / 1_000) : 0));
export const focusText = (one: FocusFragment) => (one.case ? headline(one.case) : (one.grid?.name ?? one.division?.name ?? '不在您范围内的事件'));

let stop: () => void = () => undefined;
watch(
  () => (mayFocus.value ? viewer.value?.division?.id : undefined),
  (division) => {
    stop();
    told.value = null;
    if (division) stop = followValue(live, ScreenFocusedDocument, { division }, ({ screenFocused }) => (told.value = screenFocused));
  },
  { immediate: true },
);

export interface Option {
  id: string;
  name: string;
}

/** Walls that may show a case: of the desk's own division and of those on the way down to its place. */
export function screensFor(one: Detail): Option[] {
  const home = viewer.value?.division;
  if (!home) return [];
  return one.division.ancestors
    .filter(({ code }) => code.startsWith(home.code))
    .map(({ id, name }) => ({ id, name: `${name}大屏` }));
}

/** The case itself, or where it lies. */
export function targetsOf(one: Detail): Option[] {
  const street = one.division.ancestors.find(({ level }) => level === 'TOWNSHIP');
  return [
    { id: one.id, name: '这个事件' },
    ...(one.grid ? [{ id: one.grid.id, name: '所在网格' }] : []),
    ...(street ? [{ id: street.id, name: street.name }] : []),
  ];
}

const { carryOut } = createIntents<FocusFragment>(async (_mutation, input) => {
  const { screenFocus } = await transport.query(FocusScreenDocument, {
    input: input as { idempotencyKey: string; screen: string; target?: string | null },
  });
  return { case: screenFocus.focus ?? null, userErrors: screenFocus.userErrors };
});

export const isFocusing = shallowRef(false);

export async function focusOn(screen: Option, target: Option | null): Promise<void> {
  if (isFocusing.value) return;
  isFocusing.value = true;
  const outcome = await carryOut('screenFocus', { screen: screen.id, target: target?.id ?? null });
  isFocusing.value = false;
  if (outcome.kind === 'done') {
    if (outcome.case?.screen.id === viewer.value?.division?.id) told.value = outcome.case;
    say('done', target ? `${screen.name}正在显示${target.name},60 秒后恢复。` : `${screen.name}已恢复原来的画面。`, 'The wall follows.');
  } else if (outcome.kind === 'refused') say('refused', outcome.errors.map(({ message }) => message).join(''));
  else say('refused', '大屏没有收到：与服务器的连接中断，请稍后再试。', 'Not sent.');
}
