import { placeName } from '../charts/names';
import type { Case, Place } from '../types';

const TIMED: readonly Case['state'][] = ['CLOSED', 'HANDLED', 'CHECKING', 'ON_HOLD', 'LONG_TERM'];

/** The server's word, or its deadline once that has passed while no event came. */
export function isOverdueNow(one: Case, now: number): boolean {
  if (one.isOverdue) return true;
  return one.isOpen && one.dueAt != null && !TIMED.includes(one.state) && Date.parse(one.dueAt) < now;
}

/** Community and grid, without saying the community twice. */
export function nearPlaceOf({ division: { name }, grid }: Case): string {
  const place = placeName(name);
  if (!grid) return place;
  return grid.name.startsWith(place) ? grid.name : `${place} ${grid.name}`;
}

/** The same from the division in focus downwards: what the wall's own name does not already say. */
export function placeOf(one: Case, seenFrom: Place | null): string {
  const { fullName, name } = one.division;
  const above = seenFrom?.fullName ?? '';
  const between = fullName.startsWith(above) && fullName.endsWith(name) ? fullName.slice(above.length, -name.length) : '';
  return between + nearPlaceOf(one);
}

/** What it is about. A title says matter and place; the place stands elsewhere. */
export function headline({ matter, title }: Case): string {
  return matter?.name ?? title.split(' · ')[0] ?? title;
}
