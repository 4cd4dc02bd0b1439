/** How long a bar is beside the longest, 0 to 100: nothing to be read as a number. Sums of money may outgrow a floating one. */
export function barPercent(part: string | number | bigint, longest: string | number | bigint): number {
  const most = BigInt(longest);
  return most > 0n && BigInt(part) > 0n ? Number((BigInt(part) * 1_000n) / most) / 10 : 0;
}
