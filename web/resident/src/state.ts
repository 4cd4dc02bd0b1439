// What the page knows: its app, who is at it, what waits to be sent. One of each, read by every part.
import { browser } from '@client/browser';
import type { Entry } from '@client/outbox';
import { browserStore } from '@client/store';
import { Failure } from '@client/transport';
import { computed, ref, shallowRef } from 'vue';
import { openResident, type Resident } from './core/resident';
import type { Machine, Shelf } from './core/machine';
import { SCENES } from './core/words';
import { AppDocument, type AppQuery } from './generated/graphql';
import { go } from './route';

export const appCode = new URLSearchParams(location.search).get('app') ?? '';
const TOKEN = 'gridcast.resident-token';

const shelf: Shelf = {
  get: (key) => localStorage.getItem(key),
  put(key, text) {
    try {
      localStorage.setItem(key, text);
      return true;
    } catch {
      return false;
    }
  },
  remove: (key) => localStorage.removeItem(key),
};

export const app = shallowRef<AppQuery['clientApp']>(null);
/** `asking`: the app is not known yet. `unknown`: there is none of this code. */
export const appState = ref<'asking' | 'ready' | 'unknown'>(appCode ? 'asking' : 'ready');
export const resident = shallowRef<Resident | null>(null);
export const entries = shallowRef<readonly Entry[]>([]);
export const isOnline = ref(navigator.onLine);
export const linkState = ref<'connecting' | 'open' | 'waiting'>('open');
/** The account's token is over. */
export const isEnded = ref(false);
/** Rises when something that was sent has arrived: lists look again. */
export const arrived = ref(0);
/** One sentence about what just happened. */
export const notice = shallowRef<{ zh: string; en: string; isBad?: boolean } | null>(null);

export const scenes = computed(() => SCENES.filter(({ kind }) => !app.value || app.value.scenes.includes(kind)));

let machine: Promise<Machine> | null = null;
const onMachine = () =>
  (machine ??= browserStore().then((store) => ({ platform: browser, origin: location.origin, store, shelf })));

async function open(token: string | null): Promise<void> {
  resident.value?.close();
  resident.value = await openResident(await onMachine(), {
    app: appCode,
    token,
    ended: () => (isEnded.value = true),
    changed: (now) => (entries.value = [...now]),
    link: (state) => (linkState.value = state),
    done(entry, handedIn) {
      arrived.value++;
      if (!handedIn) return;
      notice.value = handedIn.isKept
        ? { zh: `已收到,编号 ${handedIn.number}`, en: 'Received' }
        : { zh: `已收到,编号 ${handedIn.number}。本机存储已满,请抄下编号。`, en: 'Received; please write the number down', isBad: true };
      if (justSent === entry.id) go(`/case/${handedIn.number}`, true);
      justSent = '';
    },
  });
}

let justSent = '';
/** The page goes on to this case as soon as it has arrived. */
export const waitFor = (id: string) => {
  if (entries.value.some((one) => one.id === id)) justSent = id;
};
export const stopWaiting = () => (justSent = '');

export async function signIn(token: string): Promise<void> {
  shelf.put(TOKEN, token);
  isEnded.value = false;
  await open(token);
}

export async function signOut(): Promise<void> {
  shelf.remove(TOKEN);
  isEnded.value = false;
  await open(null);
}

export async function begin(): Promise<void> {
  window.addEventListener('online', () => {
    isOnline.value = true;
    void resident.value?.outbox.flush();
    void drawApp();
  });
  window.addEventListener('offline', () => (isOnline.value = false));
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) return;
    arrived.value++;
    void resident.value?.outbox.flush();
  });
  await open(shelf.get(TOKEN));
  await drawApp();
}

const DRAWN = `gridcast.resident-app/${appCode}`;

/** As it was drawn last, until the server says how it looks now: also without a line. */
async function drawApp(): Promise<void> {
  if (!appCode || !resident.value) return;
  const last = shelf.get(DRAWN);
  if (last && !app.value) {
    app.value = JSON.parse(last) as AppQuery['clientApp'];
    appState.value = 'ready';
  }
  try {
    const { clientApp } = await resident.value.query(AppDocument, { code: appCode });
    app.value = clientApp;
    appState.value = clientApp ? 'ready' : 'unknown';
    if (clientApp) shelf.put(DRAWN, JSON.stringify(clientApp));
  } catch (error) {
    if (error instanceof Failure && error.code === 'APP_UNKNOWN') appState.value = 'unknown';
    else setTimeout(() => void drawApp(), 3_000);
  }
}

/** What to say when something was asked and did not come. */
export const sentenceOf = (error: unknown): string =>
  error instanceof Failure ? error.message : isOnline.value ? '服务器暂时没有回应,请稍后再试。' : '现在没有网络,连上后会自动更新。';
