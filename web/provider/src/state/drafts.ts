// What somebody has begun to write about an order: kept over the back button and over a page that was closed.
import { emptyValues, type Asked, type Values } from '@shared/forms';
import type { Taken } from './photos';

const keyOf = (order: string, action: string) => `gridcast.provider-draft/${order}/${action}`;
const albums = new Map<string, readonly Taken[]>();

export function draftOf(order: string, action: string, fields: readonly Asked[]): Values {
  const empty = emptyValues(fields);
  try {
    const kept = JSON.parse(localStorage.getItem(keyOf(order, action)) ?? '{}') as Values;
    return { ...empty, ...kept };
  } catch {
    return empty;
  }
}

export function keepDraft(order: string, action: string, values: Values, photos: readonly Taken[]): void {
  albums.set(keyOf(order, action), photos);
  try {
    localStorage.setItem(keyOf(order, action), JSON.stringify(values));
  } catch {
    // full or shut: the draft lasts as long as the page
  }
}

export const albumOf = (order: string, action: string): readonly Taken[] => albums.get(keyOf(order, action)) ?? [];

export function dropDraft(order: string, action: string): void {
  for (const { url } of albumOf(order, action)) URL.revokeObjectURL(url);
  albums.delete(keyOf(order, action));
  localStorage.removeItem(keyOf(order, action));
}

window.addEventListener('beforeunload', (event) => {
  if ([...albums.values()].some(({ length }) => length > 0)) event.preventDefault(); // photos that nobody has sent
});
