// Everything that is read: today's list, own submissions with their replies, the grids, the matters.
import { computed, watch } from 'vue';
import {
  CollectionFormDocument,
  GridFiguresDocument,
  MattersDocument,
  MyCasesDocument,
  MyGridsDocument,
  TodayListDocument,
} from '../generated/graphql';
import type { Asked, Figures, Item, Matter, Place, Row } from '../types';
import { isKnown } from './page';
import { below, onTop, type Paged } from './paging';
import { createReading, type Reading } from './reading';
import { transport } from './server';

const PAGES_MOST = 10;

export const today = createReading<readonly Item[]>('today', async () => (await transport.query(TodayListDocument, {})).todayList, { isLively: true });

async function myPage(after: string | null): Promise<Paged<Row>> {
  const { edges, pageInfo } = (await transport.query(MyCasesDocument, { after })).myCases;
  return { rows: edges.map(({ node }) => node), next: pageInfo.hasNextPage ? (pageInfo.endCursor ?? null) : null };
}

const PAGE = 30;
export const mine: Reading<Paged<Row>> = createReading<Paged<Row>>('mine', async () => onTop(await myPage(null), mine.value.value), {
  isLively: true,
  toKeep: ({ rows }) => ({ rows: rows.slice(0, PAGE), next: null }), // a phone is no archive
});

/** One more page. */
export async function readMore(): Promise<void> {
  const known = mine.value.value;
  if (!known?.next) return;
  const page = await myPage(known.next);
  if (mine.value.value?.next === known.next) mine.value.value = below(mine.value.value, page);
}

export const grids = createReading<readonly Place[]>('grids', async () => (await transport.query(MyGridsDocument, {})).myGrids);

export const figures = createReading<Readonly<Record<string, Figures>>>('figures', async () => {
  const found: Record<string, Figures> = {};
  for (const { id } of (grids.value.value ?? []).slice(0, 20)) {
    const { metrics } = await transport.query(GridFiguresDocument, { grid: id });
    if (metrics) found[id] = metrics;
  }
  return found;
});

let mattersRead = false;
export const matters: Reading<readonly Matter[]> = createReading<readonly Matter[]>('matters', async () => {
  if (mattersRead && matters.value.value?.length) return matters.value.value; // a catalogue: once for each opening of the page
  const found: Matter[] = [];
  let after: string | null = null;
  for (let n = 0; n < PAGES_MOST; n++) {
    const page: { edges: { node: Matter }[]; pageInfo: { hasNextPage: boolean; endCursor?: string | null } } = (await transport.query(MattersDocument, { after })).matters;
    found.push(...page.edges.map(({ node }) => node));
    if (!page.pageInfo.hasNextPage) break;
    after = page.pageInfo.endCursor ?? null;
  }
  mattersRead = true;
  return found;
});

export const KINDS = ['HOUSEHOLD', 'PERSON', 'PREMISES'] as const;
export type Kind = (typeof KINDS)[number];

/** What is asked in the first grid, without anybody's values: so that a form can be filled in where there is no line. */
export const questions = createReading<Readonly<Record<string, readonly Asked[]>>>('questions', async () => {
  const found: Record<string, readonly Asked[]> = {};
  const grid = grids.value.value?.[0];
  if (grid) for (const kind of KINDS) found[kind] = (await transport.query(CollectionFormDocument, { grid: grid.id, kind, reference: '' })).collectionForm.fields;
  return found;
});

watch(grids.value, (known) => {
  if (!known?.length || !isKnown.value) return;
  figures.read();
  questions.read();
});

const all = computed(() => new Map([...(mine.value.value?.rows ?? []), ...(today.value.value ?? []).map((item) => item.case)].map((row) => [row.id, row])));
export const rowOf = (id: string) => all.value.get(id) ?? null;
