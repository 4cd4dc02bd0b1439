// Geometry of the ring: seven equal arrows around a circle, clockwise from the top, centre at 0,0.

export const INNER = 118;
export const OUTER = 218;
export const RAIL = 233;
const GAP = 1.4; // degrees left free at each end
const POINT = 7; // degrees by which an arrow reaches into the next link

export const sweep = (links: number) => 360 / links;
export const middle = (index: number, links: number) => (index + 0.5) * sweep(links) + POINT / 2;

export function at(radius: number, degrees: number): { x: number; y: number } {
  const radians = ((degrees - 90) * Math.PI) / 180;
  return { x: radius * Math.cos(radians), y: radius * Math.sin(radians) };
}

const spot = (radius: number, degrees: number) => {
  const { x, y } = at(radius, degrees);
  return `${x.toFixed(2)} ${y.toFixed(2)}`;
};

/** The whole arrow of link `index`. */
export function arrow(index: number, links: number): string {
  const from = index * sweep(links) + GAP;
  const to = (index + 1) * sweep(links) - GAP;
  const ridge = (INNER + OUTER) / 2;
  return [
    `M${spot(OUTER, from)}`,
    `A${OUTER} ${OUTER} 0 0 1 ${spot(OUTER, to)}`,
    `L${spot(ridge, to + POINT)}`,
    `L${spot(INNER, to)}`,
    `A${INNER} ${INNER} 0 0 0 ${spot(INNER, from)}`,
    `L${spot(ridge, from + POINT)}Z`,
  ].join('');
}

/** A plain band over the arrow's whole reach, to be clipped by it. `low` and `high` are shares of the thickness. */
export function band(index: number, links: number, low: number, high: number): string {
  const from = index * sweep(links) - 1;
  const to = (index + 1) * sweep(links) + POINT + 1;
  const inner = INNER + (OUTER - INNER) * low;
  const outer = INNER + (OUTER - INNER) * high;
  return [
    `M${spot(outer, from)}`,
    `A${outer} ${outer} 0 0 1 ${spot(outer, to)}`,
    `L${spot(inner, to)}`,
    `A${inner} ${inner} 0 0 0 ${spot(inner, from)}Z`,
  ].join('');
}

/** How far a dot turns: forward along the loop, or back the short way when a case was sent back. */
export function turn(from: number | null, to: number, links: number): { start: number; end: number } {
  const end = middle(to, links);
  if (from === null) return { start: end - sweep(links) * 0.9, end };
  return { start: middle(from, links), end };
}
