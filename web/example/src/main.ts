// A page without an account: hand in a problem with a photo, see how it goes, from the same machine or by number and token.
import { browser, browserStore, browserTransport, createTokens, followCases, openOutbox, pause, subjectOf } from 'gridcast';
import { zh } from 'gridcast/labels';
import { EventsDocument, MineDocument, ProgressDocument, SubmitDocument } from './generated/graphql';
import type { EventsSubscriptionVariables, SubmitMutation } from './generated/graphql';

const APP = 'gusu'; // the client app this page is
const kept = JSON.parse(localStorage.getItem(APP) ?? '{}') as { guest?: string; pair?: { number: string; token: string } };
const keep = (what: typeof kept) => localStorage.setItem(APP, JSON.stringify(Object.assign(kept, what)));

const input = (id: string) => document.getElementById(id) as HTMLInputElement;
const show = (line: string) => (document.getElementById('log')!.innerText += `${line}\n`);

/**
 * Who handed the case in; else the guest of the last time; else a new one. A token is good for 15 minutes and asked for again.
 * It never fails: without a line it waits, like everything that waits for it.
 */
async function guest(): Promise<string> {
  for (;;) {
    const who = kept.pair ?? (kept.guest ? { again: kept.guest } : {});
    const body = JSON.stringify({ ...who, app: APP });
    try {
      const answer = await fetch('/guest', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
      const { token, errors } = (await answer.json()) as { token?: string; errors?: { message: string }[] };
      if (token) {
        keep({ guest: token });
        return token;
      }
      show(errors?.[0]?.message ?? `${answer.status}`); // such as: the app is not registered
      if (answer.status === 401) { // over: after a day, or after 180 days with number and token
        delete kept.pair;
        delete kept.guest;
        keep({});
      }
    } catch {
      // nobody answers
    }
    await pause(5_000);
  }
}

const tokens = createTokens(null, guest);
const transport = browserTransport({ tokens, app: APP });

async function follow(): Promise<void> {
  const { progress } = await transport.query(ProgressDocument, kept.pair!);
  show(`${progress?.number} ${zh('PlainStage', progress?.plainStage)} ${progress?.unit ?? ''}`);
  const { cases } = await transport.query(MineDocument, {});
  const variables: EventsSubscriptionVariables & { after?: string | null } = { after: cases.cursor };
  followCases(transport, EventsDocument, variables, {
    event: (event) => event.case && show(`${event.case.number} ${zh('CaseState', event.case.state)}`),
    resync: () => void follow(),
  });
}

async function start(): Promise<void> {
  const owner = subjectOf(await tokens.current()) ?? 'nobody';
  const mine = transport.as(owner);
  const outbox = await openOutbox({
    store: await browserStore(),
    owner,
    upload: mine.upload,
    alone: browser.alone,
    send: async (_mutation, input) => (await mine.query(SubmitDocument, { input: input as never })).caseSubmit,
    done: (_entry, answer) => {
      const { case: handedIn, pollToken } = answer as SubmitMutation['caseSubmit'];
      keep({ pair: { number: handedIn!.number, token: pollToken! } });
      void follow();
    },
    changed: (entries) => entries.forEach(({ state, errors }) => show([state, ...(errors ?? []).map(({ message }) => message)].join(' '))),
  });
  input('send').onclick = async () => {
    const photo = input('photo').files?.[0];
    await outbox.add({
      mutation: 'caseSubmit',
      input: { description: input('words').value, kind: 'PROBLEM', point: { longitude: 120.632, latitude: 31.312 } },
      pictures: photo ? [{ bytes: await photo.arrayBuffer(), type: photo.type, name: photo.name, about: { kind: 'BEFORE' } }] : [],
    });
  };
  if (kept.pair) await follow();
}
void start();
