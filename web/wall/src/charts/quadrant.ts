// Where a township stands: right of many discoveries, above of many solved. Shares of the drawing, from its lower left.
import { niceCeiling } from './scale';

export interface Dot {
  id: string;
  name: string;
  discoveries: number;
  percent: number | null;
  isSuspect: boolean;
  hasSplits: boolean;
}

export interface Spot extends Dot {
  x: number;
  y: number;
}

export interface Quadrant {
  spots: readonly Spot[];
  /** Where the medians stand; null without any. */
  x: number | null;
  y: number | null;
  most: number;
}

const TOP = 0.94; // 100 % stays clear of the edge
const BOTTOM = 0.06;

/** Square roots: a few busy townships would push all others into one corner. */
const across = (count: number, most: number) => 0.02 + 0.96 * Math.sqrt(Math.min(1, Math.max(0, count) / most));
const up = (percent: number) => BOTTOM + ((TOP - BOTTOM) * Math.min(100, Math.max(0, percent))) / 100;

/** Where nothing was due there is no rate: such dots have no place. */
export function quadrant(dots: readonly Dot[], medianCount: number | null, medianPercent: number | null): Quadrant {
  const most = niceCeiling(Math.max(0, ...dots.map(({ discoveries }) => discoveries)));
  return {
    spots: dots.flatMap((one) =>
      one.percent == null ? [] : [{ ...one, x: across(one.discoveries, most), y: up(one.percent) }],
    ),
    x: medianCount == null ? null : across(medianCount, most),
    y: medianPercent == null ? null : up(medianPercent),
    most,
  };
}
