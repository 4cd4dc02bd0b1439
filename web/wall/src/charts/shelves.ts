// Lays groups of equal tiles on shelves, as large as the panel allows, without ever scrolling.

export interface Shelving {
  /** Tiles above each other on one shelf. */
  rows: number;
  tileWidth: number;
  tileHeight: number;
}

export interface Room {
  width: number;
  height: number;
  header: number;
  /** Between two groups, and between two shelves. */
  gap: number;
  /** Between two tiles. */
  seam: number;
  largest: number;
}

const ASPECT = 0.62;

export function shelve(counts: readonly number[], room: Room): Shelving {
  let best: Shelving = { rows: 1, tileWidth: 4, tileHeight: 3 };
  const most = Math.max(1, ...counts);
  for (let rows = 1; rows <= Math.min(16, most); rows++) {
    let low = best.tileWidth;
    let high = room.largest;
    if (!fits(counts, rows, low + 0.5, room)) continue; // cannot beat what we have
    while (high - low > 0.5) {
      const middle = (low + high) / 2;
      if (fits(counts, rows, middle, room)) low = middle;
      else high = middle;
    }
    best = { rows, tileWidth: Math.floor(low * 2) / 2, tileHeight: Math.floor(low * ASPECT * 2) / 2 };
  }
  return best;
}

export function columnsOf(count: number, rows: number): number {
  return Math.max(1, Math.ceil(count / rows));
}

function fits(counts: readonly number[], rows: number, tile: number, room: Room): boolean {
  const shelfHeight = room.header + rows * (tile * ASPECT + room.seam);
  let shelves = 1;
  let used = 0;
  for (const count of counts) {
    const width = columnsOf(count, rows) * (tile + room.seam);
    if (width > room.width) return false;
    if (used > 0 && used + room.gap + width > room.width) {
      shelves++;
      used = width;
    } else used += (used > 0 ? room.gap : 0) + width;
  }
  return shelves * shelfHeight + (shelves - 1) * room.gap <= room.height;
}
