// One list or fact: as it was when it was last read, until it is read again. Never two readings of the same at once.
import { backoff } from '@client/live';
import { pause } from '@client/platform';
import { Failure } from '@client/transport';
import { serverNow } from '@shared/time';
import { shallowRef, type ShallowRef } from 'vue';
import { keptNow, registerReader } from './page';
import { failed, trouble } from './server';

export interface Reading<T> {
  value: ShallowRef<T | null>;
  /** When the server said so; null while nothing is known. */
  readAt: ShallowRef<number | null>;
  /** What the server refused to tell. */
  refusal: ShallowRef<string | null>;
  read(): void;
}

export interface Ways<T> {
  /** Read again whenever something happens to a case in view. */
  isLively?: boolean;
  /** What of it stays on the phone. */
  toKeep?: (value: T) => T;
}

export function createReading<T>(name: string, ask: () => Promise<T>, { isLively = false, toKeep = (value) => value }: Ways<T> = {}): Reading<T> {
  const value = shallowRef<T | null>(null);
  const readAt = shallowRef<number | null>(null);
  const refusal = shallowRef<string | null>(null);
  let isAtWork = false;
  let isWanted = false;
  let turn = 0;

  async function work(): Promise<void> {
    isAtWork = true;
    for (let attempt = 0; isWanted; ) {
      const mine = turn;
      isWanted = false;
      try {
        const found = await ask();
        if (mine !== turn) continue;
        value.value = found;
        readAt.value = serverNow();
        refusal.value = null;
        trouble.value = null;
        attempt = 0;
        await keptNow().put(`seen/${name}`, { value: toKeep(found), readAt: readAt.value }).catch(() => undefined); // full: only less to show later
      } catch (error) {
        if (mine !== turn) continue;
        if (error instanceof Failure && ['FORBIDDEN', 'NOT_FOUND', 'INVALID_INPUT'].includes(error.code)) {
          refusal.value = error.message;
          continue;
        }
        failed(error);
        isWanted = true;
        await pause(backoff(attempt++));
      }
    }
    isAtWork = false;
  }

  function read(): void {
    isWanted = true;
    if (!isAtWork) void work();
  }

  registerReader({
    isLively,
    read,
    async recall(kept) {
      const seen = await kept.get<{ value: T; readAt: number }>(`seen/${name}`);
      value.value = seen?.value ?? null;
      readAt.value = seen?.readAt ?? null;
    },
    forget() {
      turn++;
      isWanted = false;
      value.value = null;
      readAt.value = null;
      refusal.value = null;
    },
  });
  return { value, readAt, refusal, read };
}
