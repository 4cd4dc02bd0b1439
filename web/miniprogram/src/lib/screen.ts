// What every page and part has: the words of the chosen language, the colour of the app, and news of what changed.
import { pause } from '@client/platform';
import { onBrand } from '@core/../colours';
import { change, now, watch, type Now } from './city';
import { tell, type Section } from './words';

const BRAND = '#0b6285';

/** The colour itself where it can be read on white; else darker, as far as it needs to be. */
export function inkOf(colour: string): string {
  let parts = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const hex = () => `#${parts.map((one) => one.toString(16).padStart(2, '0')).join('')}`;
  while (onBrand(hex()) !== '#ffffff') parts = parts.map((one) => Math.floor(one * 0.92));
  return hex();
}

/** One accent colour, the app's own, as a ground (`--brand`) and as ink; what is written on it follows from it. */
export function colours(): string {
  const brand = now.app?.colour ?? BRAND;
  return `--brand:${brand};--on-brand:${onBrand(brand)};--ink:${inkOf(brand)};`;
}

/** What the behavior keeps on the page, beside its data. */
export interface Kept {
  off?: () => void;
  isGone?: boolean;
  /** Called at once and after every change. */
  draw?(changed: ReadonlySet<keyof Now> | null): void;
}

const everything = (sections: readonly Section[]) => ({ ...tell(sections, now.isEnglish), isEnglish: now.isEnglish, colours: colours() });

/** `sections`: whose words the page uses. A page that has a method `draw` is told of every change. */
export const screen = (...sections: Section[]) =>
  Behavior({
    data: { t: {} as Record<string, string>, e: {} as Record<string, string>, isEnglish: false, colours: '' },
    lifetimes: {
      attached() {
        const self = this as unknown as Kept & { setData(data: object): void };
        self.setData(everything(sections));
        self.off = watch((changed) => {
          if (changed.has('isEnglish') || changed.has('app')) self.setData(everything(sections));
          self.draw?.(changed);
        });
        self.draw?.(null);
      },
      detached() {
        const self = this as unknown as Kept;
        self.isGone = true;
        self.off?.();
      },
    },
  });

/** The bar on top: whose it is and what it shows. */
export function title(text: string): void {
  const brand = now.app?.colour ?? BRAND;
  wx.setNavigationBarTitle({ title: text });
  wx.setNavigationBarColor({ frontColor: onBrand(brand) === '#ffffff' ? '#ffffff' : '#000000', backgroundColor: brand });
}

/** The bar at the bottom shows where somebody is. */
export function tab(page: unknown, selected: number): void {
  const { getTabBar } = page as { getTabBar?: () => { setData(data: object): void } | null };
  getTabBar?.call(page)?.setData({ selected });
}

/** What just happened is said once: elsewhere it is over. What went wrong stays. */
export function calm(): void {
  if (now.notice && !now.notice.isBad) change({ notice: null });
}
export function to(url: string): void {
  calm();
  void wx.navigateTo({ url });
}
export const home = () => wx.switchTab({ url: '/pages/home/home' });

/** What a page keeps beside its data: not drawn, each page its own. */
export function keeper<T>(make: () => T): (page: object) => T {
  const held = new WeakMap<object, T>();
  return (page) => {
    let own = held.get(page);
    if (!own) held.set(page, (own = make()));
    return own;
  };
}

const PULLED_MS = 4_000;
/** Pulled down: the sign on top goes away when there is an answer, and also when there is none. */
export async function pulled(look: () => Promise<void>): Promise<void> {
  await Promise.race([look(), pause(PULLED_MS)]);
  wx.stopPullDownRefresh();
}
