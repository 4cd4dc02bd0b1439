// node gridcast.mjs WAY: asks, changes and follows with the typed client, on a page or in a mini-program, and prints what
// it was told as JSON. The line, the tokens and the repetitions are the client's own business.
import './websocket.mjs';
import {
  browserTransport, createTokens, followCases, memoryStore, miniProgramTransport, openOutbox, pause, subjectOf,
} from '../../web/static/client/gridcast.mjs'; // prettier-ignore

const [, , name] = process.argv;
const [, machine, way] = name.split('-'); // gridcast-page-socket
const { GRIDCAST_URL: origin, TOKEN_URL: sign } = process.env;
const say = (told) => console.log(JSON.stringify(told));
const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const obtain = async () => {
  for (;;) {
    const given = await fetch(sign).then((answer) => answer.json(), () => null);
    if (given) return given.token;
    await pause(200);
  }
};
const tokens = createTokens(null, obtain);

/** What a phone offers, made from what Node has. */
const wx = {
  request({ url, method, header, data, responseType, success, fail }) {
    fetch(url, { method, headers: header, body: data })
      .then(async (answer) => {
        const read = responseType === 'arraybuffer' ? await answer.arrayBuffer() : await answer.text();
        success({ statusCode: answer.status, data: read, header: Object.fromEntries(answer.headers) });
      })
      .catch((error) => fail({ errMsg: `request:fail ${error}` }));
  },
  connectSocket({ url, protocols }) {
    const socket = new WebSocket(url, protocols);
    return {
      send: ({ data }) => socket.send(data),
      close: ({ code, reason }) => socket.close(code, reason),
      onOpen: (act) => (socket.onopen = act),
      onMessage: (act) => (socket.onmessage = act),
      onClose: (act) => (socket.onclose = act),
      onError: (act) => (socket.onerror = () => act({ errMsg: 'connectSocket:fail' })),
    };
  },
};

const options = { origin, tokens, ways: [way], onLink: (link) => say({ link }) };
const transport = machine === 'page' ? browserTransport(options) : miniProgramTransport(wx, options);
const { cases } = await transport.query('{ cases(first: 100) { cursor edges { node { id version } } } }', {});
say({ snapshot: cases.edges.length });

const SUBMIT = `mutation ($input: CaseSubmitInput!) {
  caseSubmit(input: $input) { case { id evidence { url kind } } userErrors { code message } } }`;
const owner = subjectOf(await tokens.current());
const mine = transport.as(owner);
const outbox = await openOutbox({
  store: memoryStore(),
  owner,
  upload: mine.upload,
  send: async (mutation, input) => (await mine.query(SUBMIT, { input }))[mutation],
  refused: (_entry, errors) => say({ refused: errors }),
  async done(_entry, payload) {
    const [photo] = payload.case.evidence;
    const { bytes, type } = await transport.download(photo.url);
    say({ submitted: payload.case.id, kind: photo.kind, type, isPicture: bytes.byteLength > 40 });
  },
});
await outbox.add({
  mutation: 'caseSubmit',
  input: { description: '请来看看', grid: process.env.GRID },
  pictures: [{ bytes: Uint8Array.from(Buffer.from(PIXEL, 'base64')).buffer, type: 'image/png', name: '坑.png', about: { kind: 'BEFORE' } }],
});

const EVENTS = 'subscription ($after: EventCursor) { caseEvents(after: $after) { kind cursor seq caseId version } }';
followCases(transport, EVENTS, { after: cases.cursor }, {
  event: say,
  resync() {
    say({ kind: 'RESYNC_REQUIRED' });
    process.exit(0);
  },
});
