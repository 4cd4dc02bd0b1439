// The phone as the client and `core` want it.
import { miniProgram, miniProgramStore, type Wx } from '@client/mini';
import type { Platform } from '@client/platform';
import type { Machine, Shelf } from '@core/machine';

const phone = wx as unknown as Wx;

/** Short texts beside the outbox, in the same storage. */
export const shelf: Shelf = {
  get(key) {
    const text: unknown = wx.getStorageSync(key);
    return typeof text === 'string' && text ? text : null;
  },
  put(key, text) {
    try {
      wx.setStorageSync(key, text);
      return true;
    } catch {
      return false; // full
    }
  },
  remove: (key) => wx.removeStorageSync(key),
};

/** There is one page of scripts only, but an outbox may be opened anew while the old one is still waiting for an answer. */
const turns = new Map<string, Promise<unknown>>();
const alone: NonNullable<Platform['alone']> = (name, work) => {
  const before = turns.get(name) ?? Promise.resolve();
  const mine = before.then(work, work);
  turns.set(
    name,
    mine.catch(() => undefined),
  );
  return mine;
};

/** What is larger than a word: the outbox, photos. */
export const store = miniProgramStore(phone);

export const machineAt = (origin: string): Machine => ({
  platform: { ...miniProgram(phone), alone },
  origin,
  store,
  shelf,
});
