// How a case is named to who works the grid: by its matter, else by what was said.
import { headline } from '@shared/cases';

const SHOWN = 24;

/** Characters as people count them: an emoji is one. */
export function cut(text: string, most = SHOWN): string {
  const all = [...text.trim().replace(/\s+/g, ' ')];
  return all.length > most ? `${all.slice(0, most).join('').replace(/[\s,.;:。、，；：]+$/, '')}…` : all.join('');
}

export function nameOf(one: { matter?: { name: string } | null; title: string; description?: string | null }): string {
  if (one.matter) return one.matter.name;
  return cut(one.description ?? '') || headline(one);
}
