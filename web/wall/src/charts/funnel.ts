// From taken up to agreed with. Each step is a share of the first, never more: what was declined at once was answered too.

export interface Counts {
  accepted: number;
  responded: number;
  disposed: number;
  delivered: number;
  confirmed: number;
}

export interface FunnelStep {
  key: keyof Counts;
  label: string;
  count: number;
  /** Of the widest step, 0 to 1. */
  share: number;
  /** Of those taken up, whole percent; null where there are none. */
  percent: number | null;
}

const LABELS: readonly (readonly [keyof Counts, string])[] = [
  ['accepted', '受理'],
  ['responded', '回应'],
  ['disposed', '处理意见'],
  ['delivered', '送达'],
  ['confirmed', '认可'],
];

export function funnelSteps(counts: Counts): FunnelStep[] {
  const full = Math.max(...LABELS.map(([key]) => counts[key]));
  return LABELS.map(([key, label]) => ({
    key,
    label,
    count: counts[key],
    share: full ? counts[key] / full : 0,
    percent: counts.accepted ? Math.round((counts[key] * 100) / counts.accepted) : null,
  }));
}
