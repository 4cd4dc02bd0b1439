// Quantised colours for counts. One hue, rising lightness: readable without colour vision.

export const RAMP = ['#16263c', '#1c4670', '#2468a2', '#3d92c8', '#86c3e6', '#dceefa'] as const;
/** Dark words on the light end. */
export const INK = ['#8ea6c4', '#e8f1fb', '#ffffff', '#04121f', '#04121f', '#04121f'] as const;

/** Upper bounds (inclusive) of the classes above zero; the last class is open. Rounded so that a legend reads well. */
export function breaksOf(values: readonly number[]): number[] {
  const sorted = values.filter((value) => value > 0).sort((a, b) => a - b);
  const breaks: number[] = [];
  for (const share of [0.25, 0.5, 0.75, 0.92]) {
    const value = round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0);
    const floor = (breaks[breaks.length - 1] ?? 0) + 1;
    breaks.push(Math.max(value, floor));
  }
  return breaks;
}

function round(value: number): number {
  if (value <= 10) return value;
  const unit = value <= 50 ? 5 : 10 ** Math.floor(Math.log10(value)) / 2;
  return Math.round(value / unit) * unit;
}

export function classOf(value: number, breaks: readonly number[]): number {
  if (value <= 0) return 0;
  const found = breaks.findIndex((upper) => value <= upper);
  return found < 0 ? RAMP.length - 1 : found + 1;
}

/** True where so many tiles are in the last class that it tells nothing any more. */
export function outgrown(values: readonly number[], breaks: readonly number[]): boolean {
  const last = values.filter((value) => classOf(value, breaks) === RAMP.length - 1);
  return last.length > Math.max(3, values.length * 0.3);
}

/** 30 -> 30, 34 -> 40, 170 -> 200: a full scale that does not move with every event. */
export function niceCeiling(value: number): number {
  if (value <= 5) return 5;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((one) => value <= one * power) ?? 10;
  return step * power;
}
