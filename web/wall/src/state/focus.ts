// What the duty desk lets this wall show. The wall has no mouse: for a minute somebody points at something for it.
import { headline, placeOf } from '@shared/cases';
import { now } from '@shared/time';
import { followValue } from '@client/values';
import { computed, shallowRef } from 'vue';
import { ScreenFocusedDocument, type ScreenFocusedSubscription } from '../generated/graphql';
import type { Place } from '../types';
import { live } from './server';

type Focus = ScreenFocusedSubscription['screenFocused'];

const told = shallowRef<Focus | null>(null);

/** What is pointed at now; null once its minute is over or the desk has let go. */
export const focused = computed(() => {
  const one = told.value;
  if (!one || one.kind === 'NOTHING' || !one.endsAt || Date.parse(one.endsAt) <= now.value) return null;
  return one.case || one.division || one.grid ? one : null;
});

export const secondsLeft = computed(() => (focused.value?.endsAt ? Math.ceil((Date.parse(focused.value.endsAt) - now.value) / 1_000) : 0));

/** In words, from the wall's own division downwards. */
export function focusText(one: Focus, home: Place | null): string {
  if (one.case) return `${headline(one.case)} · ${placeOf(one.case, home)}`;
  if (one.grid) return placeOf({ division: one.grid.division, grid: one.grid }, home);
  return one.division ? one.division.fullName : '';
}

/** Whether a tile of the map, a grid or a division, is or holds what is pointed at. */
export function isPointedAt(tile: { id: string; code: string; place: Place | null }): boolean {
  const one = focused.value;
  if (!one) return false;
  if (!tile.place) return (one.case?.grid?.id ?? one.grid?.id) === tile.id || (one.division != null && tile.code.startsWith(one.division.code));
  const code = one.case?.division.code ?? one.grid?.division.code ?? one.division?.code ?? '';
  return one.division ? tile.code.startsWith(code) || code.startsWith(tile.code) : code.startsWith(tile.code);
}

export const followFocus = (home: Place) =>
  followValue(live, ScreenFocusedDocument, { division: home.id }, ({ screenFocused }) => (told.value = screenFocused));
