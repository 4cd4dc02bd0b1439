// What a client keeps of `caseEvents`, in forty lines to copy. Pure: old state and event in, new state out.

export interface CaseLike {
  id: string;
  version: number;
}

export interface CaseEventLike<C extends CaseLike> {
  kind: 'SUBMITTED' | 'CHANGED' | 'LEFT_VIEW' | 'HEARTBEAT' | 'RESYNC_REQUIRED';
  cursor: string;
  seq: string;
  caseId?: string | null;
  version?: number | null;
  case?: C | null;
}

export interface CasesState<C extends CaseLike> {
  readonly cases: ReadonlyMap<string, C>;
  /** Resume after this; persist it together with the cases. */
  readonly cursor: string;
  /** The journal number of the newest event, for people to compare; empty before the first. */
  readonly seq: string;
  /** Set by RESYNC_REQUIRED: take a fresh snapshot and start from its cursor. */
  readonly stale: boolean;
}

export interface Bound<C> {
  limit: number;
  /** Higher stays longer when the limit is reached. */
  rank(one: C): number;
}

export function snapshot<C extends CaseLike>(cursor: string, rows: Iterable<C>, bound: Bound<C>, seq = ''): CasesState<C> {
  const cases = new Map<string, C>();
  for (const row of rows) upsert(cases, row);
  return { cases: bounded(cases, bound), cursor, seq, stale: false };
}

export function applyCaseEvent<C extends CaseLike>(
  state: CasesState<C>,
  event: CaseEventLike<C>,
  bound: Bound<C>,
): CasesState<C> {
  if (event.kind === 'RESYNC_REQUIRED') return { ...state, stale: true };
  const moved = { ...state, cursor: event.cursor, seq: event.seq };
  if (event.kind === 'HEARTBEAT' || event.caseId == null) return moved;

  const known = state.cases.get(event.caseId);
  if (known && known.version >= (event.version ?? Infinity)) return moved; // a snapshot already held it
  const cases = new Map(state.cases);
  if (event.kind === 'LEFT_VIEW') cases.delete(event.caseId);
  else if (event.case) upsert(cases, event.case);
  return { ...moved, cases: bounded(cases, bound) };
}

function upsert<C extends CaseLike>(cases: Map<string, C>, row: C): void {
  const known = cases.get(row.id);
  if (!known || row.version > known.version) cases.set(row.id, row);
}

function bounded<C extends CaseLike>(cases: Map<string, C>, { limit, rank }: Bound<C>): Map<string, C> {
  if (cases.size <= limit) return cases;
  const kept = [...cases].sort(([, a], [, b]) => rank(b) - rank(a)).slice(0, limit);
  return new Map(kept);
}
