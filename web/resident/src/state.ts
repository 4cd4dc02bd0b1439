// What the page knows: its app, who is at it, what waits to be sent. One of each, read by every part.
import { browser } from '@client/browser';
import type { Entry, Task } from '@client/outbox';
import { browserStore, type Store } from '@client/store';
import { Failure } from '@client/transport';
import { language } from '@shared/language';
import { computed, ref, shallowRef } from 'vue';
import { openResident, type Resident } from './core/resident';
import type { Machine, Shelf } from './core/machine';
import { offered } from './core/words';
import { AppDocument, ViewerDocument, type AppQuery, type ViewerQuery } from './generated/graphql';
import { go } from './route';
import { t } from './say';

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
/** Who has signed in, as the server sees them now; null for nobody, and until it has answered. */
export const viewer = shallowRef<ViewerQuery['viewer'] | null>(null);
/** Rises when something that was sent has arrived: lists look again. */
export const arrived = ref(0);
/** One sentence about what just happened; it goes with the page, unless it is about the one that comes. */
export const notice = shallowRef<{ text: string; isBad?: boolean; about?: string } | null>(null);

export const scenes = computed(() => offered(app.value ?? null));
export const isOffered = (kind: string) => scenes.value.some((one) => one.kind === kind);
const has = (role: string) => viewer.value?.roles.some((one) => one === role) ?? false;
export const isEnterprise = computed(() => has('ENTERPRISE'));
/** An account that may hand nothing in: its role was taken back, or it is somebody of the staff. */
export const mayNothing = computed(() => viewer.value != null && !has('RESIDENT') && !has('ENTERPRISE'));

let machine: Promise<Machine> | null = null;
const onMachine = () =>
  (machine ??= browserStore().then((store) => ({ platform: browser, origin: location.origin, store, shelf })));

/** Where this phone keeps what is larger than a word. */
export const store = (): Promise<Store> => onMachine().then((one) => one.store);

/** Told when what one person wrote must not be seen by the next. */
const leavers = new Set<() => void>();
export const onLeave = (act: () => void) => leavers.add(act);

const SENT: Readonly<Record<string, readonly [string, string]>> = {
  consultationVote: ['已投票。截止前可以修改，以最后一次为准。', 'You have voted. Until it closes the last vote counts.'],
  knowledgeJudge: ['已记下，谢谢您的评价。', 'Noted, thank you.'],
};

async function open(token: string | null): Promise<void> {
  resident.value?.close();
  viewer.value = null;
  entries.value = [];
  resident.value = await openResident(await onMachine(), {
    app: appCode,
    token,
    language,
    ended: () => (isEnded.value = true),
    unadmitted: ({ code }) => (appState.value = code === 'APP_UNKNOWN' ? 'unknown' : appState.value),
    changed(now) {
      entries.value = [...now];
      const codes = now.flatMap(({ state, errors }) => (state === 'refused' ? errors.map(({ code }) => code) : []));
      if (codes.includes('FORBIDDEN')) void lookWho();
      if (codes.includes('NOT_IN_APP')) void drawApp();
    },
    link: (state) => (linkState.value = state),
    done(entry, handedIn) {
      arrived.value++;
      const sent = SENT[entry.mutation];
      if (sent) notice.value = { text: t(...sent) };
      if (!handedIn) return;
      const { number } = handedIn;
      notice.value = handedIn.isKept
        ? { text: t(`已收到，编号 ${number}。有进展会显示在这里。`, `Received, number ${number}. What comes of it shows here.`), about: `/case/${number}` }
        : { text: t(`已收到，编号 ${number}。本机存储已满，请抄下编号。`, `Received, number ${number}. This phone is full: please write the number down.`), isBad: true };
      if (justSent === entry.id) go(`/case/${number}`, true);
      justSent = '';
    },
  });
  void lookWho();
}

/** Roles change under people: asked on entering, on coming back, and when something was forbidden. */
async function lookWho(): Promise<void> {
  const one = resident.value;
  if (!one || one.isGuest) return;
  const found = await one.query(ViewerDocument, {}).catch(() => null); // nothing that is written here depends on it
  if (found && one === resident.value) viewer.value = found.viewer;
}

/** Puts what somebody did into the outbox; null, and a sentence, where the phone has no room for it. */
export async function keep(task: Task): Promise<Entry | null> {
  try {
    return await resident.value!.outbox.add(task);
  } catch {
    notice.value = { text: t('手机存储空间不够，没有存下。请清理空间后再试。', 'This phone is full; please make room and try again.'), isBad: true };
    return null;
  }
}

let justSent = '';
/** The page goes on to this case as soon as it has arrived. */
export const waitFor = (id: string) => {
  if (entries.value.some((one) => one.id === id)) justSent = id;
};
export const stopWaiting = () => (justSent = '');

export async function signIn(token: string): Promise<void> {
  const before = resident.value;
  shelf.put(TOKEN, token);
  isEnded.value = false;
  await open(token);
  if (before && !before.isGuest && before.owner !== resident.value?.owner) leavers.forEach((act) => act());
}

export async function signOut(): Promise<void> {
  if (!isEnded.value) leavers.forEach((act) => act()); // whose token merely ended goes on with what they wrote
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
    void drawApp();
    void lookWho();
  });
  await open(shelf.get(TOKEN));
  await drawApp();
}

const DRAWN = `gridcast.resident-app/${appCode}`;
const AGAIN_MS = 3_000;
let again: ReturnType<typeof setTimeout> | undefined;

/** As it was drawn last, until the server says how it looks now: also without a line. */
async function drawApp(): Promise<void> {
  if (!appCode || !resident.value) return;
  clearTimeout(again);
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
    else again = setTimeout(() => void drawApp(), AGAIN_MS);
  }
}

/** What to say when something was asked and did not come. */
export const sentenceOf = (error: unknown): string => {
  if (error instanceof Failure) return error.message;
  return isOnline.value
    ? t('服务器暂时没有回应，请稍后再试。', 'The server does not answer just now; please try again.')
    : t('现在没有网络，连上后会自动更新。', 'No line now; this renews itself when it is back.');
};
