import { describe, expect, it, vi } from 'vitest';
import { createPolling, pollingTwin } from './polling';
import { eventParser } from './stream';

const EVENTS = `
    subscription CaseEvents($after: EventCursor, $divisions: [ID!]) {
  caseEvents(after: $after, filter: {divisions: $divisions}) {
    kind
    case {
      ...Row
    }
  }
}
    fragment Row on Case {
  id
}`;

describe('the polling twin of a subscription', () => {
  it('asks pages of the same events with the same filter', () => {
    const { document, field } = pollingTwin(EVENTS)!;

    expect(field).toBe('caseEvents');
    expect(document.replace(/\s+/g, ' ')).toBe(
      'query CaseEvents($after: EventCursor!, $divisions: [ID!]) { caseEvents(first: 50, after: $after, filter: {divisions: $divisions}) ' +
        '{ events { kind case { ...Row } } cursor hasMore } } fragment Row on Case { id }',
    );
  });

  it('does not exist for values that replace one another', () => {
    expect(pollingTwin('subscription ($d: ID!) { metricsChanged(division: $d) { open } }')).toBeNull();
    expect(pollingTwin('query { viewer { name } }')).toBeNull();
  });
});

describe('polling', () => {
  it('asks at once while there is more, and moves the cursor over empty pages', async () => {
    vi.useFakeTimers();
    const pages = [
      { events: [{ seq: '1' }, { seq: '2' }], cursor: 'c2', hasMore: true },
      { events: [], cursor: 'c9', hasMore: false },
    ];
    const asked: unknown[] = [];
    const query = (async (_document: unknown, variables: object) => {
      asked.push({ ...variables });
      return { caseEvents: pages.shift() ?? { events: [], cursor: 'c9', hasMore: false } };
    }) as never;
    const seen: unknown[] = [];
    const variables = { after: 'c0' };
    const way = createPolling({ query, onLink: () => undefined } as never);

    const stop = way.subscribe(EVENTS, variables, {
      next: ({ data }) => seen.push((data as { caseEvents: unknown }).caseEvents),
      refused: () => undefined,
      ended: () => undefined,
    });
    await vi.advanceTimersByTimeAsync(10);
    expect(asked).toEqual([{ after: 'c0' }, { after: 'c2' }]);

    await vi.advanceTimersByTimeAsync(4_000);
    stop();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(asked[2]).toEqual({ after: 'c9' });
    expect(seen).toEqual([{ seq: '1' }, { seq: '2' }]);
    expect(asked.length).toBeLessThanOrEqual(3);
    vi.useRealTimers();
  });
});

describe('server-sent events', () => {
  it('are whole, however they are cut', () => {
    const text = ': 4403\n\nevent: next\r\ndata: {"data":\r\ndata: 1}\r\n\r\nevent: complete\ndata:\n\n';
    for (const size of [1, 3, 7, text.length]) {
      const seen: string[][] = [];
      const parse = eventParser((event, data) => seen.push([event, data]));
      for (let at = 0; at < text.length; at += size) parse(text.slice(at, at + size));
      expect(seen).toEqual([['next', '{"data":\n1}'], ['complete', '']]);
    }
  });
});
