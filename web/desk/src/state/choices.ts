// What may be picked in a form: units, matters, service providers. Read once a day and kept.
import { zh } from '@client/labels';
import { CentresOfDocument, DepartmentsDocument, DivisionNamedDocument, GridsOfDocument, MattersDocument, ProvidersDocument, TemplatesDocument, type TemplatesQuery } from '../generated/graphql';
import type { Action, Detail } from '../types';
import { viewer } from './desk';
import { transport } from './server';

export interface Choice {
  id: string;
  name: string;
  /** What tells it from others of the same name. */
  about: string;
}

interface Connection<N> {
  pageInfo: { hasNextPage: boolean; endCursor?: string | null };
  edges: { node: N }[];
}

const PAGES = 30; // of a hundred; more than any prefecture has of anything

async function every<N>(page: (after: string | null) => Promise<Connection<N>>): Promise<N[]> {
  const found: N[] = [];
  let after: string | null = null;
  for (let n = 0; n < PAGES; n++) {
    const { edges, pageInfo }: Connection<N> = await page(after);
    found.push(...edges.map(({ node }) => node));
    if (!pageInfo.hasNextPage || !pageInfo.endCursor) break;
    after = pageInfo.endCursor;
  }
  return found;
}

const DAY_MS = 86_400_000;
const kept = new Map<string, { at: number; list: Promise<unknown> }>();

function keep<T>(key: string, load: () => Promise<T>): Promise<T> {
  const known = kept.get(key);
  if (known && Date.now() - known.at < DAY_MS) return known.list as Promise<T>;
  const list = load();
  kept.set(key, { at: Date.now(), list });
  list.catch(() => kept.delete(key));
  return list;
}

const above = (one: Detail) => one.division.ancestors;
const prefectureOf = (one: Detail) => above(one).find(({ level }) => level === 'PREFECTURE') ?? above(one)[0];

/** Units that may be given a case: those of its place and of every division above, the nearest first. */
export async function departmentsFor(one: Detail): Promise<Choice[]> {
  const division = prefectureOf(one)?.id ?? null;
  const list = await keep(`departments:${division}`, () =>
    every(async (after) => (await transport.query(DepartmentsDocument, { division, after })).departments),
  );
  return list
    .filter((unit) => one.division.code.startsWith(unit.division.code))
    .sort((a, b) => b.division.code.length - a.division.code.length)
    .map(({ id, name, division }) => ({ id, name, about: division.name }));
}

/** Units of the viewer's own division and below, the own ones first. */
export async function departmentsBelow(): Promise<Choice[]> {
  const division = viewer.value?.division?.id ?? null;
  const list = await keep(`departments:${division}`, () =>
    every(async (after) => (await transport.query(DepartmentsDocument, { division, after })).departments),
  );
  return [...list].sort((a, b) => a.division.code.length - b.division.code.length).map(({ id, name, division: place }) => ({ id, name, about: place.name }));
}

/** Divisions that have a centre, from the viewer's own down; named by the division, as orders name them. */
export async function centresBelow(withOwn: boolean): Promise<Choice[]> {
  const home = viewer.value?.division?.id ?? null;
  const list = await keep(`centres:${home}`, () => every(async (after) => (await transport.query(CentresOfDocument, { division: home, after })).centres));
  return list
    .filter(({ division }) => withOwn || division.id !== home)
    .map(({ name, level, division }) => ({ id: division.id, name: withOwn ? division.name : name, about: zh('DivisionLevel', level) }));
}

/** Whose people may be asked: the viewer's own division first, though it may have no centre. */
export async function divisionsAsked(): Promise<Choice[]> {
  const home = viewer.value?.division;
  const below = await centresBelow(true);
  return home ? [{ id: home.id, name: home.name, about: zh('DivisionLevel', home.level) }, ...below.filter(({ id }) => id !== home.id)] : below;
}

/** What has no centre has too many of its kind for a list: a village is found by its name. */
export async function divisionNamed(text: string): Promise<Choice | null> {
  const { divisions } = await transport.query(DivisionNamedDocument, { under: viewer.value?.division?.id ?? null, text });
  const found = divisions.edges[0]?.node;
  return found ? { id: found.id, name: found.name, about: found.fullName } : null;
}

export async function matters(): Promise<Choice[]> {
  const list = await keep('matters', () => every(async (after) => (await transport.query(MattersDocument, { after })).matters));
  return list.map(({ id, name, majorName, limitValue, limitUnit }) => ({ id, name, about: `${majorName} · ${limitValue} ${zh('LimitUnit', limitUnit)}` }));
}

export async function providersFor(one: Detail): Promise<Choice[]> {
  const division = prefectureOf(one)?.id ?? null;
  const list = await keep(`providers:${division}`, () =>
    every(async (after) => (await transport.query(ProvidersDocument, { division, after })).serviceProviders),
  );
  return list
    .filter((provider) => provider.isActive && one.division.code.startsWith(provider.division.code))
    .map(({ id, name, kind }) => ({ id, name, about: zh('ServiceProviderKind', kind) }));
}

/** Centres below the one that holds the case, on the way down to its place. */
export async function centresFor(one: Detail): Promise<Choice[]> {
  const from = above(one).find(({ name }) => name === one.heldBy.name)?.code.length ?? 0;
  return above(one)
    .filter(({ code }) => code.length > from)
    .map(({ id, name, level }) => ({ id, name: `${name}指挥中心`, about: zh('DivisionLevel', level) }));
}

export async function gridsFor(one: Detail): Promise<Choice[]> {
  const township = above(one).find(({ level }) => level === 'TOWNSHIP');
  const division = township?.id ?? one.division.id;
  const list = await keep(`grids:${division}`, () =>
    every(async (after) => (await transport.query(GridsOfDocument, { division, after })).grids),
  );
  return list.map(({ id, name, division }) => ({ id, name, about: division.name }));
}

export type Template = TemplatesQuery['responseTemplates'][number];

/** Filled in for the case as it stands, so never kept. */
export const templatesFor = async (one: Detail, action: string): Promise<readonly Template[]> =>
  (await transport.query(TemplatesDocument, { case: one.id, action: action as Action })).responseTemplates;
