// In which order buttons stand: first what moves the case on, last what ends it against somebody's wish. Pure.
const NEXT: Readonly<Record<string, readonly string[]>> = {
  SUBMITTED: ['ACCEPT', 'REGISTER'],
  ACCEPTED: ['REGISTER'],
  VERIFYING: ['VERIFY'],
  REGISTERED: ['DISPATCH'],
  RETURNED: ['RULE', 'DISPATCH'],
  DISPATCHED: ['SIGN'],
  SIGNED: ['START'],
  IN_PROGRESS: ['COMPLETE'],
  ON_HOLD: ['RESUME'],
  LONG_TERM: ['RESUME'],
  HANDLED: ['RESPOND', 'CLOSE'],
  CHECKING: ['CHECK'],
  REOPEN_REQUESTED: ['REOPEN'],
};

/** Before anything else, whatever the state: somebody has to say that they have seen it. */
const FIRST = ['ACKNOWLEDGE', 'RECEIVE_HOP'];

const AGAINST = new Set(['DECLINE', 'VOID', 'WITHDRAW', 'REFUSE_REOPEN']);

export interface Buttons {
  next: string | null;
  others: string[];
  against: string[];
}

export function arrange(available: readonly string[], state: string, isAnswered: boolean): Buttons {
  const wanted = [...FIRST, ...(NEXT[state] ?? [])].filter((action) => !(action === 'RESPOND' && isAnswered));
  const next = wanted.find((action) => available.includes(action)) ?? null;
  const rest = available.filter((action) => action !== next);
  return {
    next,
    others: rest.filter((action) => !AGAINST.has(action)),
    against: rest.filter((action) => AGAINST.has(action)),
  };
}
