// node drive.mjs CLIENT: asks, changes and follows with one published client, and prints what it was told as JSON.
import './websocket.mjs';

const [, , name] = process.argv;
const { GRIDCAST_URL: server, TOKEN_URL: tokens } = process.env;
const ROW = 'id version';
const LIST = `query { cases(first: 100) { cursor edges { node { ${ROW} } } } }`;
const SUBMIT = `mutation ($input: CaseSubmitInput!) { caseSubmit(input: $input) { case { id } userErrors { code } } }`;
const EVENTS = `subscription ($after: EventCursor) { caseEvents(after: $after) { kind cursor seq caseId version } }`;

export const say = (told) => console.log(JSON.stringify(told));
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

let current = '';
const renewed = async () => (current = (await (await fetch(tokens)).json()).token);
const headers = () => ({ Authorization: `Bearer ${current}` });

const { connect } = await import(`./with-${name}.mjs`);
await renewed();
const client = connect({
  http: `${server}/graphql`,
  ws: `${server.replace('http', 'ws')}/graphql`,
  headers,
  renewed,
  closed: ({ code, reason }) => say({ closed: code, reason }),
});

const { cases } = await client.ask(LIST, {});
say({ snapshot: cases.edges.length });
const variables = { after: cases.cursor }; // kept up to date: a client that retries by itself sends it again
const input = { idempotencyKey: `${name}-1`, description: '请来看看', grid: process.env.GRID };
say({ submitted: (await client.ask(SUBMIT, { input })).caseSubmit.case.id });

for (let following = true; following; ) {
  try {
    for await (const { data, errors } of client.follow(EVENTS, variables)) {
      if (errors?.length) throw errors;
      variables.after = data.caseEvents.cursor;
      say(data.caseEvents);
      following = data.caseEvents.kind !== 'RESYNC_REQUIRED';
      if (!following) break;
    }
  } catch (reason) {
    say({ again: String(reason?.reason || reason?.message || JSON.stringify(reason)) });
  }
  if (following) {
    await pause(200);
    await renewed().catch(() => undefined);
  }
}
process.exit(0);
