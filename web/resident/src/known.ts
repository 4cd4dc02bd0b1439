// Lists that hardly change: shown as they were last time until the server has answered, and where there is no line.
import type { TypedDocument } from '@client/transport';
import { shallowRef, type ShallowRef } from 'vue';
import { resident } from './state';

const KEY = 'gridcast.resident-known';

export function known<R, V>(document: TypedDocument<R, V>, variables: V): { found: ShallowRef<R | null>; failed: ShallowRef<unknown> } {
  const key = `${KEY}/${/\w+ (\w+)/.exec(document.toString())?.[1] ?? ''}/${JSON.stringify(variables)}`;
  const found = shallowRef<R | null>(null);
  const failed = shallowRef<unknown>(null);
  try {
    found.value = JSON.parse(localStorage.getItem(key) ?? 'null') as R | null;
  } catch {
    // kept by another build: asked for below
  }
  resident.value
    ?.query(document, variables)
    .then((answer) => {
      found.value = answer;
      localStorage.setItem(key, JSON.stringify(answer));
    })
    .catch((error: unknown) => (failed.value = error));
  return { found, failed };
}
