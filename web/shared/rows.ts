// The open cases of a scope, filled by pages and by events in whatever order they come.
import type { CaseEventLike, CaseLike } from '@client/reducer';

export interface OpenCase extends CaseLike {
  isOpen: boolean;
}

/** Changed in place: of ten thousand rows none is copied because one of them moved. */
export class Rows<C extends OpenCase> {
  private readonly held = new Map<string, C>();
  /** At which version a case left: a page that was read before that may still bring it. */
  private readonly left = new Map<string, number>();

  get size(): number {
    return this.held.size;
  }

  get(id: string): C | undefined {
    return this.held.get(id);
  }

  all(): C[] {
    return [...this.held.values()];
  }

  take(row: C): void {
    const version = Math.max(this.held.get(row.id)?.version ?? 0, this.left.get(row.id) ?? 0);
    if (row.version <= version) return;
    if (row.isOpen) {
      this.held.set(row.id, row);
      this.left.delete(row.id);
    } else this.drop(row.id, row.version);
  }

  apply(event: CaseEventLike<C>): void {
    if (event.caseId == null) return;
    if (event.kind === 'LEFT_VIEW') this.drop(event.caseId, event.version ?? Infinity);
    else if (event.case) this.take(event.case);
  }

  private drop(id: string, version: number): void {
    if ((this.held.get(id)?.version ?? 0) >= version) return;
    this.held.delete(id);
    this.left.set(id, version);
  }
}
