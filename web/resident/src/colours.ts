// A community chooses its colour; words on it, and the colour of links and buttons, follow from it so that they can be read.
type Rgb = readonly [number, number, number];

const ENOUGH = 4.6; // contrast; 4.5 is asked for, the rest is rounding
const WHITE: Rgb = [255, 255, 255];
const DARK: Rgb = [16, 24, 31];

const linear = (part: number) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
const light = (colour: Rgb) => 0.2126 * linear(colour[0] / 255) + 0.7152 * linear(colour[1] / 255) + 0.0722 * linear(colour[2] / 255);
const contrast = (one: Rgb, other: Rgb) => {
  const [high, low] = [light(one), light(other)].sort((a, b) => b - a) as [number, number];
  return (high + 0.05) / (low + 0.05);
};
const mix = (one: Rgb, other: Rgb, share: number): Rgb => [0, 1, 2].map((n) => Math.round(one[n]! * share + other[n]! * (1 - share))) as unknown as Rgb;
const rgb = (colour: string): Rgb => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)) as unknown as Rgb;
const hex = (colour: Rgb) => `#${colour.map((part) => part.toString(16).padStart(2, '0')).join('')}`;

/** White, or near black where white would be hard to read. */
export const onBrand = (colour: string): string => (contrast(rgb(colour), WHITE) >= 4.5 ? '#ffffff' : hex(DARK));

/** The brand, darkened until it can be read on its own tint; and that tint. */
export function accentOf(colour: string): { accent: string; soft: string } {
  const brand = rgb(colour);
  const soft = mix(brand, WHITE, 0.11);
  let accent = brand;
  for (let share = 1; contrast(accent, soft) < ENOUGH && share > 0; share -= 0.05) accent = mix(brand, DARK, share);
  return { accent: hex(accent), soft: hex(soft) };
}
