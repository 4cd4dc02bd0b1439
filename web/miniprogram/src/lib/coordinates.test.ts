import { describe, expect, it } from 'vitest';
import { fromGcj02, toGcj02 } from './coordinates';

describe('places on a shifted map', () => {
  it('come back where they are', () => {
    const suzhou = { longitude: 120.61, latitude: 31.3 };

    const drawn = toGcj02(suzhou);
    const back = fromGcj02(drawn);

    expect(drawn.longitude - suzhou.longitude).toBeCloseTo(0.004_171, 5);
    expect(drawn.latitude - suzhou.latitude).toBeCloseTo(-0.002_184, 5);
    expect(back.longitude).toBeCloseTo(suzhou.longitude, 7);
    expect(back.latitude).toBeCloseTo(suzhou.latitude, 7);
  });

  it('stay where they are outside the country', () => {
    expect(fromGcj02({ longitude: 2.35, latitude: 48.86 })).toEqual({ longitude: 2.35, latitude: 48.86 });
  });
});
