// What the mini-program knows: its app, who is at it, what waits to be sent. One of each, read by every page.
import type { Entry } from '@client/outbox';
import { Failure } from '@client/transport';
import { openResident, type Resident } from '@core/resident';
import { offered } from '@core/words';
import { AppDocument, type AppQuery } from '@documents';
import { machineAt, shelf } from './machine';
import { forgetSeen } from './photos';
import { appOf, settings } from './settings';

const TOKEN = 'gridcast.resident-token';
const APP = 'gridcast.resident-app';
const LANGUAGE = 'gridcast.resident-language';
const AGAIN_MS = 3_000;

export type App = NonNullable<AppQuery['clientApp']>;
export interface Notice {
  zh: string;
  en: string;
  isBad?: boolean;
}

export interface Now {
  resident: Resident | null;
  app: App | null;
  /** `asking`: the app is not known yet. `unknown`: there is none of this code. */
  appState: 'asking' | 'ready' | 'unknown';
  entries: readonly Entry[];
  isOnline: boolean;
  link: 'connecting' | 'open' | 'waiting';
  /** The account's token is over. */
  isEnded: boolean;
  /** Rises when something that was sent has arrived, or the mini-program is in front again: lists look again. */
  arrived: number;
  /** One sentence about what just happened. */
  notice: Notice | null;
  isEnglish: boolean;
}

export const now: Now = {
  resident: null, app: null, appState: 'asking', entries: [], isOnline: true, link: 'open', isEnded: false, arrived: 0, notice: null,
  isEnglish: shelf.get(LANGUAGE) === 'en',
};
type Watcher = (changed: ReadonlySet<keyof Now>) => void;
const watchers = new Set<Watcher>();

export function change(what: Partial<Now>): void {
  const changed = new Set((Object.keys(what) as (keyof Now)[]).filter((name) => now[name] !== what[name]));
  if (!changed.size) return;
  Object.assign(now, what);
  for (const one of [...watchers]) one(changed);
}

export function watch(act: Watcher): () => void {
  watchers.add(act);
  return () => void watchers.delete(act);
}

let code = '';
let justSent = '';
let arriving: ((number: string) => void) | null = null;
/** Who wrote something is shown it as soon as it has arrived, unless they went elsewhere. */
export function waitFor(id: string, then: (number: string) => void): void {
  if (now.entries.some((one) => one.id === id)) [justSent, arriving] = [id, then];
}
export const stopWaiting = () => void ([justSent, arriving] = ['', null]);

async function open(token: string | null): Promise<void> {
  now.resident?.close();
  const { origin, sockets } = settings();
  const ours = code;
  const opened = await openResident(machineAt(origin), {
    app: code,
    token,
    language: now.isEnglish ? 'en' : 'zh-CN',
    ...(sockets ? {} : { ways: ['polling'] as const }),
    ended: () => change({ isEnded: true }),
    unadmitted: (no) => {
      if (ours === code && no.code === 'APP_UNKNOWN') change({ app: null, appState: 'unknown' });
    },
    changed: (entries) => change({ entries: [...entries] }),
    link: (link) => change({ link }),
    done(entry, handedIn) {
      change({ arrived: now.arrived + 1 });
      if (!handedIn) return;
      const { number, isKept } = handedIn;
      change({
        notice: isKept
          ? { zh: `已收到，编号 ${number}`, en: `Received: ${number}` }
          : { zh: `已收到，编号 ${number}。手机存储已满，请抄下编号。`, en: `Received: ${number}. Your phone is full, please write it down.`, isBad: true },
      });
      if (justSent !== entry.id) return;
      arriving?.(number);
      stopWaiting();
    },
  });
  change({ resident: opened, entries: [...opened.outbox.entries], link: 'open' });
}

export async function signIn(token: string): Promise<void> {
  shelf.put(TOKEN, token);
  change({ isEnded: false });
  await open(token);
}

export async function signOut(): Promise<void> {
  shelf.remove(TOKEN);
  change({ isEnded: false });
  await open(null);
}

export async function setEnglish(isEnglish: boolean): Promise<void> {
  shelf.put(LANGUAGE, isEnglish ? 'en' : 'zh');
  change({ isEnglish });
  await open(shelf.get(TOKEN)); // the server's sentences, too
}

type Shown = { query?: Record<string, unknown> };

export async function begin(how: Shown): Promise<void> {
  forgetSeen();
  wx.getNetworkType({ success: ({ networkType }) => heard(networkType !== 'none') });
  wx.onNetworkStatusChange(({ isConnected }) => heard(isConnected));
  await enter(appOf(how) ?? shelf.get(APP) ?? settings().app);
}

/** In front again, maybe through the QR code of another community. */
export async function back(how: Shown): Promise<void> {
  const other = appOf(how);
  if (!now.resident) return; // just launched
  if (other != null && other !== code) return enter(other);
  change({ arrived: now.arrived + 1 });
  void now.resident.outbox.flush();
  void drawApp(); // it may have been amended or retired meanwhile
}

function heard(isOnline: boolean): void {
  change({ isOnline });
  if (!isOnline || !now.resident) return;
  void now.resident.outbox.flush();
  void drawApp();
}

async function enter(which: string): Promise<void> {
  code = which;
  shelf.put(APP, which);
  change({ app: null, appState: which ? 'asking' : 'ready' });
  await open(shelf.get(TOKEN));
  await drawApp();
}

let again: ReturnType<typeof setTimeout> | undefined;

/** As it was drawn last, until the server says how it looks now: also without a line. */
export async function drawApp(): Promise<void> {
  const mine = code;
  clearTimeout(again);
  if (!mine || !now.resident) return;
  const drawn = `${APP}/${mine}`;
  const last = shelf.get(drawn);
  if (last && !now.app) change({ app: JSON.parse(last) as App, appState: 'ready' });
  try {
    const { clientApp } = await now.resident.query(AppDocument, { code: mine });
    if (mine !== code) return;
    change({ app: clientApp ?? null, appState: clientApp ? 'ready' : 'unknown' });
    if (clientApp) shelf.put(drawn, JSON.stringify(clientApp));
  } catch (error) {
    if (mine !== code) return;
    if (error instanceof Failure && error.code === 'APP_UNKNOWN') change({ app: null, appState: 'unknown' });
    else again = setTimeout(() => void drawApp(), AGAIN_MS);
  }
}

export const scenes = () => (now.appState === 'ready' ? offered(now.app) : []);
export const say = (zh: string, en: string) => (now.isEnglish ? en : zh);

/** What to say when something was asked and did not come. */
export const sentenceOf = (error: unknown): string =>
  error instanceof Failure
    ? error.message
    : now.isOnline
      ? say('服务器暂时没有回应，请稍后再试。', 'The server does not answer just now, please try again.')
      : say('现在没有网络，连上后会自动更新。', 'No network; this updates by itself when it is back.');
