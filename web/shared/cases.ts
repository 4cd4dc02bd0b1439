// How a case is spoken of on every screen.
import { placeName } from './names';

export interface Named {
  name: string;
  fullName: string;
}

export interface Placed {
  division: Named;
  grid?: { name: string } | null;
}

export interface Timed {
  state: string;
  isOpen: boolean;
  isOverdue: boolean;
  dueAt?: string | null;
}

const TIMED: readonly string[] = ['CLOSED', 'HANDLED', 'CHECKING', 'ON_HOLD', 'LONG_TERM'];

/** The server's word, or its deadline once that has passed while no event came. */
export function isOverdueNow(one: Timed, now: number): boolean {
  if (one.isOverdue) return true;
  return one.isOpen && one.dueAt != null && !TIMED.includes(one.state) && Date.parse(one.dueAt) < now;
}

/** Community and grid, without saying the community twice. */
export function nearPlaceOf({ division: { name }, grid }: Placed): string {
  const place = placeName(name);
  if (!grid) return place;
  return grid.name.startsWith(place) ? grid.name : `${place} ${grid.name}`;
}

/** The same from the division in focus downwards: what the screen's own name does not already say. Full names begin at the
 * city: seen from a province all of it is said. */
export function placeOf(one: Placed, seenFrom: Named | null): string {
  const { fullName, name } = one.division;
  const above = seenFrom?.fullName ?? '';
  const from = fullName.startsWith(above) ? above.length : 0;
  const between = fullName.endsWith(name) ? fullName.slice(from, -name.length) : '';
  return between + nearPlaceOf(one);
}

/** What it is about. A title says matter and place; the place stands elsewhere. */
export function headline({ matter, title }: { matter?: { name: string } | null; title: string }): string {
  return matter?.name ?? title.split(' · ')[0] ?? title;
}
