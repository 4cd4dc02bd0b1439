// The loop that resumes: follows `caseEvents` over every kind of interruption without a hole.
import { backoff, type Live } from './live';
import type { CaseEventLike, CaseLike } from './reducer';
import type { TypedDocument } from './transport';

export interface Follower<E> {
  event(event: E): void;
  /** The cursor is of no more use: take a fresh snapshot and follow again. Nothing comes after it. */
  resync(): void;
}

interface Position {
  kind: string;
  cursor: string;
}

/** For every stream with a cursor: `field` is its root field. */
export function followEvents<F extends string, E extends Position, V extends { after?: string | null }>(
  live: Live,
  document: TypedDocument<{ [K in F]: E }, V>,
  field: F,
  variables: V,
  on: Follower<E>,
): () => void {
  let stopped = false;
  let attempt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let end: () => void = () => undefined;

  const stop = () => {
    stopped = true;
    clearTimeout(timer);
    end();
  };
  const resync = () => {
    stop();
    on.resync();
  };
  const again = () => {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(start, backoff(attempt++));
  };

  function start() {
    end = live.subscribe(document, variables, {
      next({ data, errors }) {
        if (stopped) return;
        attempt = 0;
        const event = data?.[field];
        const cursor = event?.cursor ?? errors?.[0]?.extensions?.cursor;
        if (event?.kind === 'RESYNC_REQUIRED') return resync();
        if (cursor) variables.after = cursor; // the next connect resumes here; a failed event is stepped over
        if (event) on.event(event);
      },
      refused(errors) {
        if (errors[0]?.extensions?.code === 'CURSOR_INVALID') resync();
        else again();
      },
      ended: again,
    });
  }

  start();
  return stop;
}

export function followCases<C extends CaseLike, E extends CaseEventLike<C>, V extends { after?: string | null }>(
  live: Live,
  document: TypedDocument<{ caseEvents: E }, V>,
  variables: V,
  on: Follower<E>,
): () => void {
  return followEvents(live, document, 'caseEvents', variables, on);
}
