// A list that is read by pages from its top, and read again while somebody is further down. Pure.
export interface Paged<R extends { id: string }> {
  rows: readonly R[];
  /** Where the next page begins; null where there is none. */
  next: string | null;
}

/** Another page below what is known. What slid down meanwhile is not shown twice. */
export function below<R extends { id: string }>(known: Paged<R>, page: Paged<R>): Paged<R> {
  const held = new Set(known.rows.map(({ id }) => id));
  return { rows: [...known.rows, ...page.rows.filter(({ id }) => !held.has(id))], next: page.next };
}

/** The first page anew. Pages below it stay where they join on to it: nobody is thrown back to the top by an event. */
export function onTop<R extends { id: string }>(first: Paged<R>, known: Paged<R> | null): Paged<R> {
  const held = new Set(first.rows.map(({ id }) => id));
  const joint = (known?.rows ?? []).reduce((last, { id }, at) => (held.has(id) ? at : last), -1);
  const rest = joint < 0 ? [] : known!.rows.slice(joint + 1).filter(({ id }) => !held.has(id));
  return rest.length ? { rows: [...first.rows, ...rest], next: known!.next } : first;
}
