// Boards: figures that are counted as a whole. Read at the start, again a while after something changed, and once a
// minute because limits pass while nothing happens. Never two at a time: a wall is not to be felt by the server.
import { shallowRef, type ShallowRef } from 'vue';
import { backoff } from '@client/live';
import {
  AnswerBoardDocument,
  BurdenBoardDocument,
  DiscoveryBoardDocument,
  DwellBoardDocument,
  ShiftBoardDocument,
  ShiftTurnedDocument,
  UnitBoardDocument,
  type AnswerBoardQuery,
  type BurdenBoardQuery,
  type DiscoveryBoardQuery,
  type DwellBoardQuery,
  type ShiftBoardQuery,
  type UnitBoardQuery,
} from '../generated/graphql';
import { isoDay, serverNow } from '@shared/time';
import type { Place } from '../types';
import { failed, live, transport } from './server';
import type { Stay } from './stay';

const DAY_MS = 86_400_000;
export const PERIOD_DAYS = 7;
const OFTEN_MS = 5_000;
const SELDOM_MS = 60_000; // whole divisions assessed beside each other
const LOOK_AGAIN_MS = 60_000;

const dayBack = (days: number) => isoDay(serverNow() - days * DAY_MS);
const firstDay = () => dayBack(PERIOD_DAYS - 1);

interface Board<T> {
  readonly value: ShallowRef<T | null>;
  readonly restMs: number;
  read(place: Place): Promise<T>;
}

const board = <T>(restMs: number, read: (place: Place) => Promise<T>): Board<T> => ({
  value: shallowRef<T | null>(null),
  restMs,
  read,
});

/** Which divisions stand beside each other as dots: townships, below them communities; the province shows counties. */
const DOTS: Partial<Record<Place['level'], Place['level']>> = {
  PROVINCE: 'COUNTY',
  PREFECTURE: 'TOWNSHIP',
  COUNTY: 'TOWNSHIP',
  TOWNSHIP: 'COMMUNITY',
};
export const dotLevel = ({ level }: Place) => DOTS[level] ?? null;

const shift = board<ShiftBoardQuery>(OFTEN_MS, ({ id }) => transport.query(ShiftBoardDocument, { division: id }));
const dwell = board<DwellBoardQuery>(OFTEN_MS, ({ id }) =>
  transport.query(DwellBoardDocument, { division: id, from: firstDay() }),
);
const units = board<UnitBoardQuery>(OFTEN_MS, ({ id }) =>
  transport.query(UnitBoardDocument, { division: id, from: firstDay() }),
);
const answers = board<AnswerBoardQuery>(OFTEN_MS, ({ id }) =>
  transport.query(AnswerBoardDocument, { division: id, from: firstDay() }),
);
const burden = board<BurdenBoardQuery>(SELDOM_MS, ({ id }) =>
  transport.query(BurdenBoardDocument, { division: id, from: firstDay(), yesterday: dayBack(1) }),
);
const discovery = board<DiscoveryBoardQuery>(SELDOM_MS, async (place) => {
  const level = dotLevel(place);
  return level
    ? transport.query(DiscoveryBoardDocument, { division: place.id, level, from: firstDay() })
    : { assessments: null };
});

export const shiftBoard = shift.value;
export const dwellBoard = dwell.value;
export const unitBoard = units.value;
export const answerBoard = answers.value;
export const burdenBoard = burden.value;
export const discoveryBoard = discovery.value;

const BOARDS: readonly Board<unknown>[] = [shift, dwell, units, answers, burden, discovery] as Board<unknown>[];

interface Watch {
  stop(): void;
  touch(now?: boolean): void;
}

let line: Promise<void> = Promise.resolve();
let watches = new Map<Board<unknown>, Watch>();
let lookedAt = '';

function watchOver(one: Board<unknown>, place: Place, stay: Stay): Watch {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let last = 0;
  let attempt = 0;
  const read = async () => {
    timer = undefined;
    if (stay.isOver) return;
    last = Date.now();
    try {
      const found = await one.read(place);
      attempt = 0;
      if (!stay.isOver) one.value.value = found;
    } catch (error) {
      failed(error);
      if (!stay.isOver) timer ??= setTimeout(queue, backoff(attempt++));
    }
  };
  const queue = () => void (line = line.then(read));
  return {
    touch(now = false) {
      if (now) clearTimeout(timer);
      else if (timer !== undefined) return;
      timer = setTimeout(queue, now ? 0 : Math.max(500, last + one.restMs - Date.now()));
    },
    stop() {
      clearTimeout(timer);
    },
  };
}

/** Something changed in the division: every board looks again once it has rested. */
export function touchBoards(): void {
  for (const one of watches.values()) one.touch();
}

/** Reads all boards of a division and keeps them; what another division showed is put away. */
export function openBoards(place: Place, stay: Stay): void {
  for (const one of watches.values()) one.stop();
  if (lookedAt !== place.id) for (const one of BOARDS) one.value.value = null;
  lookedAt = place.id;
  watches = new Map(BOARDS.map((one) => [one, watchOver(one, place, stay)]));
  for (const one of watches.values()) one.touch(true);
}

/** Who is on duty is known at once; null answers (no centre here) end it. */
export function followShift(place: Place, stay: Stay): () => void {
  let stop: () => void = () => undefined;
  let attempt = 0;
  const again = () => void setTimeout(() => !stay.isOver && run(), backoff(attempt++));
  function run(): void {
    stop = live.subscribe(ShiftTurnedDocument, { division: place.id }, {
      next({ data }) {
        if (!data) return;
        attempt = 0;
        watches.get(shift as Board<unknown>)?.touch(true);
      },
      refused: () => undefined, // no centre here, or not ours to know: the board says so
      ended: again,
    });
  }
  run();
  return () => stop();
}

setInterval(touchBoards, LOOK_AGAIN_MS);
