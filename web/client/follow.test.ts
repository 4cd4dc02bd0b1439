import { describe, expect, it, vi } from 'vitest';
import { followCases } from './follow';
import type { Live, Sink } from './live';
import type { CaseEventLike } from './reducer';

type Event = CaseEventLike<{ id: string; version: number }>;
type Answer = { caseEvents: Event };

function stage() {
  const sinks: Sink<Answer>[] = [];
  const live: Live = {
    subscribe: (_document, _variables, sink) => {
      sinks.push(sink as unknown as Sink<Answer>);
      return () => undefined;
    },
    close: () => undefined,
  };
  const seen: string[] = [];
  const resync = vi.fn();
  const variables: { after: string } = { after: 'c0' };
  const stop = followCases<{ id: string; version: number }, Event, { after: string }>(live, 'subscription', variables, {
    event: (event) => seen.push(event.seq),
    resync,
  });
  return { sinks, seen, resync, variables, stop };
}

const heartbeat = (seq: string): Event => ({ kind: 'HEARTBEAT', cursor: `c${seq}`, seq });

describe('followCases', () => {
  it('keeps the variable `after` at the last cursor, for the next connect', () => {
    const { sinks, seen, variables } = stage();

    sinks[0]!.next({ data: { caseEvents: heartbeat('4') } });

    expect(variables.after).toBe('c4');
    expect(seen).toEqual(['4']);
  });

  it('steps over an event that failed on the server', () => {
    const { sinks, seen, variables } = stage();

    sinks[0]!.next({ data: null, errors: [{ message: 'masked', extensions: { code: 'INTERNAL', cursor: 'c5' } }] });

    expect(variables.after).toBe('c5');
    expect(seen).toEqual([]);
  });

  it('asks for a snapshot once, and says nothing after it', () => {
    const { sinks, seen, resync } = stage();

    sinks[0]!.next({ data: { caseEvents: { kind: 'RESYNC_REQUIRED', cursor: 'c0', seq: '0' } } });
    sinks[0]!.next({ data: { caseEvents: heartbeat('9') } });
    sinks[0]!.ended();

    expect(resync).toHaveBeenCalledTimes(1);
    expect(seen).toEqual([]);
  });

  it('takes a refused cursor for a resync and any other refusal for a pause', () => {
    vi.useFakeTimers();
    const { sinks, resync } = stage();

    sinks[0]!.refused([{ message: 'busy', extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' } }]);
    vi.advanceTimersByTime(1_000);
    expect(sinks).toHaveLength(2);
    expect(resync).not.toHaveBeenCalled();

    sinks[1]!.refused([{ message: 'bad', extensions: { code: 'CURSOR_INVALID' } }]);
    expect(resync).toHaveBeenCalledTimes(1);
    vi.useRealTimers();
  });
});
