// Who holds this phone, what is kept for them on it, and everything that keeps the picture true.
import { backoff } from '@client/live';
import { followCases } from '@client/follow';
import { pause } from '@client/platform';
import { browserStore, type Store } from '@client/store';
import { subjectOf } from '@client/tokens';
import { Failure } from '@client/transport';
import { createKept, type Kept } from '@shared/kept';
import { t } from '@shared/language';
import { eventArrived, resynced } from '@shared/link';
import { say } from '@shared/notices';
import { learnTime, startClock } from '@shared/time';
import { computed, shallowRef } from 'vue';
import { CaseEventsDocument, StartDocument, ViewerDocument, type CaseEventsSubscriptionVariables } from '../generated/graphql';
import type { Event, Row, Viewer } from '../types';
import { closeOutbox, flush, openBox } from './box';
import { failed, live, onReconnect, settleClock, transport, trouble } from './server';
import { changeToken, onNewToken, signOut, tokens } from './tokens';

export const viewer = shallowRef<Viewer | null>(null);
export const owner = shallowRef<string | null>(null);
export const isWorker = computed(() => viewer.value?.roles.some((role) => role === 'GRID_WORKER' || role === 'COMMUNITY_WORKER') ?? false);
/** The server has answered since the page was opened. */
export const isKnown = shallowRef(false);

let kept: Kept | null = null;
let store: Store | null = null;
let turn = 0;
let stop: () => void = () => undefined;

export const keptNow = (): Kept => kept!;

type Reader = { isLively: boolean; recall(kept: Kept): Promise<void>; read(): void; forget(): void };
const readers: Reader[] = [];
/** What is read at the start, after every change, and when the line is back; shown from the phone until then. */
export const registerReader = (reader: Reader) => void readers.push(reader);
export const readAll = () => readers.forEach((one) => one.read());
const readLively = () => readers.forEach((one) => one.isLively && one.read());

const rightsOf = (one: Viewer) => [one.realm, ...one.grants.map(({ role, scope }) => `${role}:${scope}`)].join(' ');

async function become(subject: string): Promise<void> {
  if (owner.value === subject) return;
  closeOutbox();
  readers.forEach((one) => one.forget());
  viewer.value = null;
  isKnown.value = false;
  store ??= await browserStore();
  kept = createKept(store, 'worker', subject);
  await openBox(store, subject, kept);
  viewer.value = await kept.get<Viewer>('viewer');
  for (const one of readers) await one.recall(kept);
  owner.value = subject;
}

async function begin(): Promise<void> {
  const mine = ++turn;
  stop();
  await become(subjectOf(await tokens.current()) ?? 'nobody');
  for (let attempt = 0; mine === turn; attempt++) {
    try {
      const sent = Date.now();
      const answer = await transport.query(ViewerDocument, {});
      learnTime(sent, answer.viewer.serverTime, Date.now());
      if (mine !== turn) return;
      const before = viewer.value;
      viewer.value = answer.viewer;
      isKnown.value = true;
      trouble.value = null;
      await kept!.put('viewer', answer.viewer).catch(() => undefined);
      if (before && rightsOf(before) !== rightsOf(answer.viewer))
        say('note', t('您的角色或网格已变更，页面已按新的权限刷新。', 'Your role or grid has changed.'));
      if (isWorker.value) await follow(mine);
      else await forgetGrid();
      void flush();
      return;
    } catch (error) {
      failed(error);
      await pause(backoff(attempt));
    }
  }
}

/** Whoever works no grid any more keeps nothing of it on the phone but what they wrote themselves. */
async function forgetGrid(): Promise<void> {
  readers.forEach((one) => one.forget());
  await kept?.clear('seen/');
}

/** First the position, then the lists, then what came after the position: nothing falls between. */
async function follow(mine: number): Promise<void> {
  const { cases } = await transport.query(StartDocument, {});
  readAll();
  if (mine !== turn) return;
  const variables: CaseEventsSubscriptionVariables & { after?: string | null } = { after: cases.cursor };
  stop = followCases<Pick<Row, 'id' | 'version'>, Event, typeof variables>(live, CaseEventsDocument, variables, {
    event(event) {
      eventArrived(event);
      if (event.caseId) readLively();
    },
    resync() {
      resynced();
      void begin();
    },
  });
}

export async function openPage(): Promise<void> {
  startClock();
  onNewToken(() => void begin());
  const again = () => {
    void flush();
    if (isKnown.value) readAll();
  };
  onReconnect(again);
  addEventListener('online', again);
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && again());
  await begin();
  void settleClock();
}

export { changeToken };

/** What was read goes; what was written and not sent stays for its owner. */
export async function leave(): Promise<void> {
  await kept?.clear('seen/');
  await kept?.remove('viewer');
  signOut();
}

export const sentenceOf = (error: unknown): string =>
  error instanceof Failure ? error.message : t('连不上服务器。已填写的内容都在，连上后会自动继续。', 'The server cannot be reached. Nothing is lost; it goes on by itself.');
