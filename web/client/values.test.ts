import type { Live, Sink } from './live';
import { expect, it, vi } from 'vitest';
import { followValue } from './values';

it('tells the newest answer, asks again when the stream ends, and is silent once stopped', () => {
  vi.useFakeTimers();
  const sinks: Sink<number>[] = [];
  const live: Live = { subscribe: (_document, _variables, sink) => (sinks.push(sink as unknown as Sink<number>), () => undefined), close: () => undefined };
  const seen: number[] = [];
  const stop = followValue<number, object>(live, 'subscription', {}, (value) => seen.push(value));

  sinks[0]!.next({ data: 1 });
  sinks[0]!.ended();
  vi.advanceTimersByTime(1_000);
  sinks[1]!.next({ data: 2 });
  stop();
  sinks[1]!.next({ data: 3 });
  sinks[1]!.ended();
  vi.advanceTimersByTime(20_000);

  expect(seen).toEqual([1, 2]);
  expect(sinks).toHaveLength(2);
  vi.useRealTimers();
});
