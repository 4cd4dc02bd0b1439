// In which language a page speaks: Chinese unless somebody chose otherwise on this machine.
import { labels, zh } from '@client/labels';

const KEY = 'gridcast.language';

function chosen(): 'zh-CN' | 'en' {
  try {
    return localStorage.getItem(KEY) === 'en' ? 'en' : 'zh-CN';
  } catch {
    return 'zh-CN'; // storage is shut: private windows, old WebViews
  }
}

export const language = chosen();
export const isEnglish = language === 'en';

/** Both are written side by side, so that neither is forgotten. */
export const t = (chinese: string, english: string) => (isEnglish ? english : chinese);

/** The word of an enum value: the contract's Chinese label, or the value itself as English words. */
export function word(kind: keyof typeof labels, value: string): string {
  if (!isEnglish) return zh(kind, value);
  const said = value.replace(/_/g, ' ').toLowerCase();
  return said[0]!.toUpperCase() + said.slice(1);
}

/** The page begins anew: what was written is a draft, and drafts are kept. */
export function chooseLanguage(other: 'zh-CN' | 'en'): void {
  localStorage.setItem(KEY, other);
  location.reload();
}
