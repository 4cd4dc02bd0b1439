import { beforeEach, describe, expect, it, vi } from 'vitest';
import { eventArrived, link, linkChanged, resynced, type Arrival } from './link';

const NOW = Date.parse('2026-11-23T02:00:00Z');
const event = (kind: Arrival['kind'], secondsFromNow: number) =>
  eventArrived({ kind, seq: '1', at: new Date(NOW + secondsFromNow * 1_000).toISOString() });

describe('what was caught up', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: NOW });
    linkChanged('open', true);
  });

  it('counts what happened before the reconnect, and nothing that is live', () => {
    event('SUBMITTED', -60);
    event('CHANGED', -30);
    event('CHANGED', 1);
    event('CHANGED', 2);

    expect(link).toMatchObject({ replayed: 2, catchingUp: false });
  });

  it('claims nothing until the server has spoken', () => {
    vi.advanceTimersByTime(8_000);
    expect(link).toMatchObject({ replayed: 0, catchingUp: true });

    event('HEARTBEAT', 8);
    expect(link).toMatchObject({ replayed: 0, catchingUp: false });
  });

  it('counts what a slow server replays late', () => {
    event('CHANGED', -60);
    vi.advanceTimersByTime(5_000);
    expect(link.catchingUp).toBe(false);

    event('CHANGED', -59);
    expect(link).toMatchObject({ replayed: 2, catchingUp: true });
  });

  it('takes no late committer for a replayed event once it is live', () => {
    event('CHANGED', 1);
    event('CHANGED', -1);

    expect(link).toMatchObject({ replayed: 0, catchingUp: false });
  });

  it('claims no number after a fresh picture', () => {
    resynced();
    event('CHANGED', -1);

    expect(link).toMatchObject({ replayed: null, resynced: true, catchingUp: false });
  });
});
