// Lays groups of tiles on shelves that fill the panel edge to edge, without ever scrolling.
// Tiles of one shelf are equal and aligned; those of two shelves differ only a little.

/** What a tile says: name above number, name beside number, number alone, or its colour alone. */
export type TileWords = 'stacked' | 'beside' | 'number' | 'none';

export interface Shelf {
  /** Groups `from` (inclusive) to `to` (exclusive) stand on it. */
  from: number;
  to: number;
  /** Tiles above each other. */
  rows: number;
  tileWidth: number;
  tileHeight: number;
}

export interface Shelving {
  words: TileWords;
  shelves: readonly Shelf[];
}

/** `rem` in pixels, as are all sizes. */
export interface Room {
  width: number;
  height: number;
  rem: number;
}

const HEADER = 1.55; // rem, the line with the group's name
export const GAP = 0.6; // rem, between two groups and between two shelves
export const SEAM = 0.18; // rem, between two tiles
const MOST_SHELVES = 8;
const LARGEST = { width: 12, height: 7 }; // rem: three tiles are no posters

/** rem, the smallest tile on which the words can be read; the first that fits wins. */
const SHAPES: readonly { words: TileWords; width: number; height: number }[] = [
  { words: 'stacked', width: 3.4, height: 2.35 },
  { words: 'beside', width: 3.4, height: 1.2 },
  { words: 'number', width: 1.8, height: 1.2 },
  { words: 'none', width: 0.5, height: 0.5 },
];

/** The largest letters (pixels) with which a name of three characters and a number still stand on the tile. */
export function letterSize({ tileWidth, tileHeight }: Shelf, words: TileWords): number {
  if (words === 'stacked') return Math.min(tileHeight * 0.34, tileWidth / 3.6);
  if (words === 'beside') return Math.min(tileHeight * 0.66, tileWidth / 4.1);
  return Math.min(tileHeight * 0.56, tileWidth / 2.6);
}

export const columnsOf = (count: number, rows: number) => Math.max(1, Math.ceil(count / rows));

export function shelve(counts: readonly number[], room: Room): Shelving {
  let found: Shelving = { words: 'none', shelves: [] };
  for (const shape of SHAPES) {
    let best = 0;
    for (let count = 1; count <= Math.min(MOST_SHELVES, counts.length); count++) {
      const shelves = split(counts, count).map((part) => fill(counts, part, count, room, shape));
      const score = Math.min(...shelves.map((one) => readable(one, room.rem, shape)));
      if (score <= best) continue;
      best = score;
      found = { words: shape.words, shelves };
    }
    if (best >= 1) break;
  }
  return found;
}

type Shape = { width: number; height: number };

const readable = (one: Shelf, rem: number, { width, height }: Shape) =>
  Math.min(one.tileWidth / width, one.tileHeight / height) / rem;

/** One shelf of `part`, with as many rows as make its tiles most readable. */
function fill(counts: readonly number[], part: [number, number], shelves: number, room: Room, shape: Shape): Shelf {
  const [from, to] = part;
  const own = counts.slice(from, to);
  const { rem } = room;
  const height = (room.height - (shelves - 1) * GAP * rem) / shelves - HEADER * rem;
  let best: Shelf | undefined;
  for (let rows = 1; rows <= Math.max(1, ...own); rows++) {
    const columns = own.reduce((sum, count) => sum + columnsOf(count, rows), 0);
    const width = room.width - (own.length - 1) * (GAP - SEAM) * rem;
    const tileWidth = Math.min(LARGEST.width * rem, width / columns - SEAM * rem);
    const tileHeight = Math.min(LARGEST.height * rem, height / rows - SEAM * rem);
    const shelf = { from, to, rows, tileWidth: whole(tileWidth), tileHeight: whole(tileHeight) };
    if (!best || readable(shelf, rem, shape) > readable(best, rem, shape)) best = shelf;
  }
  return best!;
}

const whole = (pixels: number) => Math.max(0, Math.floor(pixels * 4) / 4);

/** Cuts the groups, in their order, into `parts` runs with about the same number of tiles. */
function split(counts: readonly number[], parts: number): [number, number][] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const cuts: [number, number][] = [];
  let from = 0;
  let seen = 0;
  counts.forEach((count, index) => {
    const wanted = (total * (cuts.length + 1)) / parts;
    const left = counts.length - index;
    const mustCut = left === parts - cuts.length && index > from;
    if (cuts.length < parts - 1 && index > from && (mustCut || seen + count / 2 > wanted)) {
      cuts.push([from, index]);
      from = index;
    }
    seen += count;
  });
  cuts.push([from, counts.length]);
  return cuts;
}
