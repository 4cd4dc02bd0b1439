// Cases this phone may look at without an account: number and token, as they were given when the case was handed in.
import { read, type Shelf } from './machine';

export interface KeptCase {
  id: string | null;
  number: string;
  token: string;
  title: string;
  at: number;
}

const KEY = 'gridcast.resident/cases';
const MOST = 50;

export function keptCases(shelf: Shelf) {
  const all = () => read<KeptCase[]>(shelf, KEY, []);
  return {
    all,
    of: (number: string) => all().find((one) => one.number === number) ?? null,
    ofId: (id: string) => all().find((one) => one.id === id) ?? null,
    /** False where the phone would not keep it: tell the person to write number and token down. */
    add: (one: KeptCase) => shelf.put(KEY, JSON.stringify([one, ...all().filter(({ number }) => number !== one.number)].slice(0, MOST))),
    remove: (number: string) => shelf.put(KEY, JSON.stringify(all().filter((one) => one.number !== number))),
  };
}

export type Kept = ReturnType<typeof keptCases>;

const PASSES = 'gridcast.resident/passes';

/** 代办: what the person one acted for may look with, by number: to be passed on. Of one person on this phone. */
export function keptPasses(shelf: Shelf, owner: string) {
  const key = `${PASSES}/${owner}`;
  const all = () => read<{ number: string; token: string }[]>(shelf, key, []);
  return {
    of: (number: string) => all().find((one) => one.number === number)?.token ?? null,
    add: (number: string, token: string) => shelf.put(key, JSON.stringify([{ number, token }, ...all()].slice(0, MOST))),
  };
}
