// What no stream tells of: read when somebody looks, and again at a calm interval, and at once after they did something.
import { shallowRef, type ShallowRef } from 'vue';
import { failed } from './server';

const CALM_MS = 15_000;

export interface Calm<T> {
  /** Undefined until the server has spoken. */
  value: ShallowRef<T | undefined>;
  read(): Promise<void>;
  /** Reads and keeps reading; what comes back ends that. */
  watch(every?: number): () => void;
}

export function createCalm<T>(load: () => Promise<T>): Calm<T> {
  const value = shallowRef<T>();
  let turn = 0;

  async function read(): Promise<void> {
    const mine = ++turn;
    try {
      const found = await load();
      if (mine === turn) value.value = found; // an answer that was overtaken says how it was
    } catch (error) {
      failed(error);
    }
  }

  return {
    value,
    read,
    watch(every = CALM_MS) {
      void read();
      const timer = setInterval(() => void read(), every);
      return () => clearInterval(timer);
    },
  };
}
