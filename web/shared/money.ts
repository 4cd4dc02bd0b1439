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
