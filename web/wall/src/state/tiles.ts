// The tile map's figures: one nested query at the start, then only the tiles that events touched.
import { shallowRef } from 'vue';
import type { Transport } from '@client/transport';
import { MapOfCommunityDocument, MapOfDivisionsDocument, MapOfTownshipDocument, TilesDocument } from '../generated/graphql';
import type { Case, Place, TileFigures } from '../types';
import { failed, transport } from './server';

export interface Tile {
  id: string;
  code: string;
  name: string;
  /** Where a press leads; a grid is the end of the way down. */
  place: Place | null;
  figures: TileFigures | null;
}

export interface Group {
  place: Place;
  open: number | null;
  tiles: readonly Tile[];
}

type DivisionRow = Place & { metrics?: TileFigures | null };
type GridRow = { id: string; code: string; name: string; metrics?: TileFigures | null };

export const groups = shallowRef<readonly Group[]>([]);
/** Ids of tiles that got a new case, each with the moment, so that a tile pulses once. */
export const pulses = shallowRef<ReadonlyMap<string, number>>(new Map());

const REFRESH_MS = 1_000;
const BATCH = 40; // ids in one query; the rest follow a second later
const PULSE_MS = 1_600;

const tile = (row: DivisionRow | GridRow, place: Place | null): Tile => ({
  id: row.id,
  code: row.code,
  name: row.name,
  place,
  figures: row.metrics ?? null,
});
const group = (row: DivisionRow, tiles: Tile[]): Group => ({ place: row, open: row.metrics?.open ?? null, tiles });
const grids = (list: { edges: { node: GridRow }[] }) => list.edges.map(({ node }) => tile(node, null));

export async function loadGroups(transport: Transport, { id, level }: Place): Promise<Group[]> {
  if (level === 'COMMUNITY') {
    const { division } = await transport.query(MapOfCommunityDocument, { id });
    return division ? [group(division, grids(division.grids))] : [];
  }
  if (level === 'TOWNSHIP') {
    const { division } = await transport.query(MapOfTownshipDocument, { id });
    return (division?.children ?? []).map((child) => group(child, grids(child.grids)));
  }
  const { division } = await transport.query(MapOfDivisionsDocument, { id });
  return (division?.children ?? []).map((child) => group(child, child.children.map((one) => tile(one, one))));
}

/** The tile a case lies in: its grid, or the division whose code its own code begins with. */
export function tileOf(list: readonly Group[], one: Case): Tile | undefined {
  for (const { tiles } of list) {
    const found = tiles.find(({ id, code, place }) => (place ? one.division.code.startsWith(code) : id === one.grid?.id));
    if (found) return found;
  }
  return undefined;
}

function createRefresher() {
  const dirty = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = 0;
  let held = 0;

  async function refresh(): Promise<void> {
    timer = undefined;
    last = Date.now();
    const ids = [...dirty].slice(0, BATCH);
    ids.forEach((id) => dirty.delete(id));
    const { nodes } = await transport.query(TilesDocument, { ids });
    const fresh = new Map<string, TileFigures>();
    for (const node of nodes) if (node && 'metrics' in node && node.metrics) fresh.set(node.id, node.metrics);
    const renew = (one: Tile) => (fresh.has(one.id) ? { ...one, figures: fresh.get(one.id)! } : one);
    groups.value = groups.value.map((one) =>
      one.tiles.some(({ id }) => fresh.has(id)) ? { ...one, tiles: one.tiles.map(renew) } : one,
    );
    if (dirty.size) later();
  }
  function later(): void {
    if (held) return;
    timer ??= setTimeout(() => void refresh().catch(failed), Math.max(80, last + REFRESH_MS - Date.now()));
  }
  return {
    touch(one: Tile, isNew: boolean): void {
      dirty.add(one.id);
      later();
      if (isNew) pulse(one.id);
    },
    /** Waits with single tiles while the whole map is read, or its older figures would overwrite newer ones. */
    async during<R>(work: Promise<R>): Promise<R> {
      held++;
      clearTimeout(timer);
      timer = undefined;
      try {
        return await work;
      } finally {
        held--;
        if (dirty.size) later();
      }
    },
    stop(): void {
      clearTimeout(timer);
      timer = undefined;
      dirty.clear();
    },
  };
}

export const refresher = createRefresher();

function pulse(id: string): void {
  const at = Date.now();
  pulses.value = new Map(pulses.value).set(id, at);
  setTimeout(() => {
    if (pulses.value.get(id) !== at) return;
    const left = new Map(pulses.value);
    left.delete(id);
    pulses.value = left;
  }, PULSE_MS);
}

/** A group's own number arrives by `metricsChanged`. */
export function groupFigures(division: string, open: number): void {
  groups.value = groups.value.map((one) => (one.place.id === division ? { ...one, open } : one));
}
