// Keeps the newest cases of a city up to date for days: over restarts, ended tokens and resyncs.
//   npm install graphql-ws && node follow.mjs    (Node 22 or newer, or a page: it needs fetch and WebSocket only)
import { createClient } from 'graphql-ws';

const SERVER = process.env.GRIDCAST_URL ?? 'http://localhost:8000';
const SIGN_IN = process.env.TOKEN_URL ?? `${SERVER}/dev/token?role=DISPLAY&scope=3205`; // yours goes here
const CASE = 'id version number state';
const LIST = `{ cases(first: 100) { cursor edges { node { ${CASE} } } } }`;
const EVENTS = `subscription ($after: EventCursor) {
  caseEvents(after: $after) { kind cursor seq caseId version case { ${CASE} } } }`;

let cases = new Map(); // by id: what the screen shows
let after = null; // where in the journal `cases` stands: keep both or neither
let token = '';
let heard = 0;

async function signIn() {
  token = (await (await fetch(SIGN_IN)).json()).token;
}

async function snapshot() {
  await signIn();
  const answer = await fetch(`${SERVER}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: LIST }),
  });
  const { data, errors } = await answer.json();
  if (!data) throw errors;
  cases = new Map(data.cases.edges.map(({ node }) => [node.id, node]));
  after = data.cases.cursor;
  console.log('snapshot:', cases.size, 'cases');
}

function apply(event) {
  const known = cases.get(event.caseId);
  if (event.caseId === null || known?.version >= event.version) return; // a heartbeat, or held already
  if (event.kind === 'LEFT_VIEW') cases.delete(event.caseId);
  else cases.set(event.caseId, event.case);
}

const client = createClient({
  url: async () => {
    await signIn(); // before the socket opens, for each connection anew: the server waits 5 s for the token
    return `${SERVER.replace('http', 'ws')}/graphql`;
  },
  connectionParams: () => ({ Authorization: `Bearer ${token}` }),
  retryAttempts: 0, // the loop below comes back; the client itself would come back with its first cursor
  on: { opened: () => (heard = Date.now()), message: () => (heard = Date.now()) },
});

setInterval(() => {
  if (Date.now() - heard > 35_000) client.terminate(); // two heartbeats were missed: the line is dead
}, 5_000);

for (let attempt = 0; ; attempt++) {
  try {
    if (after === null) await snapshot();
    for await (const { data, errors } of client.iterate({ query: EVENTS, variables: { after } })) {
      const event = data?.caseEvents;
      if (event?.kind === 'RESYNC_REQUIRED') throw [{ extensions: { code: event.kind } }];
      if (event) apply(event);
      after = event?.cursor ?? errors?.[0]?.extensions?.cursor ?? after; // a failed event is stepped over
      attempt = 0;
      console.log(event?.seq, event?.kind, event?.case?.number, `${cases.size} cases`);
    }
  } catch (reason) {
    // Refusals, or the close event of the socket: whichever it is, `after` says where to go on.
    const code = reason?.[0]?.extensions?.code ?? reason?.reason ?? reason?.message;
    if (code === 'RESYNC_REQUIRED' || code === 'CURSOR_INVALID') after = null;
    console.log('again:', code);
  }
  const ms = Math.min(10_000, 300 * 2 ** attempt) * (0.5 + Math.random()); // a hall of walls spreads out
  await new Promise((resolve) => setTimeout(resolve, ms));
}
