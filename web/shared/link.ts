// What the status strip says about the line: connection, position, lag, and what was caught up.
import { reactive } from 'vue';
import type { LinkState, WayName } from '@client/live';
import type { CaseEventLike } from '@client/reducer';
import { serverNow } from './time';

export const link = reactive({
  state: 'connecting' as LinkState,
  /** By which kind of line the news comes. */
  way: 'socket' as WayName,
  seq: '',
  /** Of the newest live event: commit on the server to arrival here. Null before the first. */
  lagMs: null as number | null,
  /** The picture holds everything up to this server time: an event or a heartbeat said so. */
  knownUntil: null as string | null,
  /** Events replayed after the last reconnect; null before the first reconnect. */
  replayed: null as number | null,
  catchingUp: false,
  resynced: false,
});

const QUIET_MS = 1_500; // this long without another replayed event: there was nothing more to replay
let connectedAt = 0; // server time of the last reconnect; 0 once the stream is past it
let quiet: ReturnType<typeof setTimeout> | undefined;

const caughtUp = () => {
  clearTimeout(quiet);
  link.catchingUp = false;
};

const waitForQuiet = () => {
  clearTimeout(quiet);
  link.catchingUp = true;
  quiet = setTimeout(caughtUp, QUIET_MS);
};

export function linkChanged(state: LinkState, again: boolean): void {
  link.state = state;
  if (state !== 'open' || !again) return;
  connectedAt = serverNow();
  link.replayed = 0;
  link.resynced = false;
  // No timer yet: a slow server has not said that nothing was missed. Its first event or heartbeat does.
  clearTimeout(quiet);
  link.catchingUp = true;
}

/** The stream could not continue from our cursor: the picture is fresh, but not gapless. */
export function resynced(): void {
  link.resynced = true;
  link.replayed = null;
  connectedAt = 0;
  caughtUp();
}

/** What the line itself needs to know of an event. */
export type Arrival = Pick<CaseEventLike<never>, 'kind' | 'seq'> & { at: string };

export function eventArrived(event: Arrival): void {
  link.seq = event.seq;
  link.knownUntil = event.at;
  const at = Date.parse(event.at);
  if (event.kind !== 'HEARTBEAT' && at < connectedAt) {
    link.replayed = (link.replayed ?? 0) + 1;
    waitForQuiet();
    return; // a replayed event tells nothing about the lag of the line
  }
  connectedAt = 0;
  caughtUp();
  if (event.kind === 'HEARTBEAT') return;
  link.lagMs = Math.max(0, Math.round(serverNow() - at));
}
