// Sums of money: whole cents (分) in, words out. Never a fraction: a sum may outgrow what a floating number holds exactly.
export type Cents = string | number | bigint;

/** 1,234.50: what stands in a column that is headed 元. */
export function amountText(cents: Cents): string {
  const whole = BigInt(cents);
  const digits = String(whole < 0n ? -whole : whole).padStart(3, '0');
  return `${whole < 0n ? '-' : ''}${digits.slice(0, -2).replace(/\B(?=(\d{3})+$)/g, ',')}.${digits.slice(-2)}`;
}

/** ¥1,234.50: a sum by itself. */
export const yuanText = (cents: Cents): string => amountText(cents).replace(/^-?/, '$&¥');

export const sumOf = (several: readonly Cents[]): bigint => several.reduce<bigint>((sum, one) => sum + BigInt(one), 0n);

/** What somebody wrote in yuan (128.50, ¥1,200), in whole cents; null where it is no sum, cut finer
 *  than a cent, or more than the contract's numbers hold. Pure. */
export function centsOf(text: string): number | null {
  const [, yuan, rest = ''] = /^(\d{1,7})(?:\.(\d{1,2}))?$/.exec(text.replace(/[\s,，¥￥]/g, '')) ?? [];
  return yuan === undefined ? null : Number(yuan) * 100 + Number(rest.padEnd(2, '0'));
}
