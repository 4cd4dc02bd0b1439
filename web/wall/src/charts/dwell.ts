// The colour of a link says how much of its limit the case in the middle has used.

export type Pressure = 'calm' | 'warn' | 'heavy' | 'unknown';

export const WARN_PERCENT = 80; // as a clock becomes near due
export const HEAVY_PERCENT = 100;

export function pressureOf(percentOfLimit: number | null | undefined, count: number): Pressure {
  if (!count) return 'calm';
  if (percentOfLimit == null) return 'unknown';
  return percentOfLimit > HEAVY_PERCENT ? 'heavy' : percentOfLimit >= WARN_PERCENT ? 'warn' : 'calm';
}

/** 40 分, 3.5 时, 2 天: short enough for an arc. */
export function dwellText(seconds: number): string {
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} 分`;
  const hours = seconds / 3_600;
  if (hours < 48) return `${hours < 10 ? +hours.toFixed(1) : Math.round(hours)} 时`;
  return `${Math.round(hours / 24)} 天`;
}
