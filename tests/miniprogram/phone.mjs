// node phone.mjs BUILT FOLDER SETTINGS: one phone with the mini-program on it. Takes lines of JSON, answers each.
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { openMini } from './draw.mjs';
import { html } from './html.mjs';
import { phoneIn } from './wx.mjs';

const [built, folder] = process.argv.slice(2, 4).map((one) => resolve(one));
const settings = process.argv[4] ?? '{}';
const LONGEST_MS = 45_000;
const { wx, phone, hear } = phoneIn(folder, JSON.parse(settings));
const mini = openMini(built, wx);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(what, holds) {
  const end = Date.now() + LONGEST_MS;
  for (let rest = 20; ; rest = Math.min(rest * 1.3, 300)) {
    const found = holds();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${what}; on ${mini.top()}: ${mini.seen().map((one) => one.textContent.replace(/\s+/g, ' ')).join(' | ').slice(-900)}`);
    await pause(rest);
  }
}
const one = (id, has) => until(`nothing like ${id} ${has ?? ''}`, () => mini.find(id, has)[0]);

const commands = {
  launch: ({ query }) => mini.launch(query),
  front: ({ query }) => mini.inFront(query),
  back: () => mini.back(),
  open: ({ url }) => mini.push(url),
  pull: () => mini.pull(),
  async tap({ id, has, times = 1 }) {
    const it = await until(`nothing to tap like ${id} ${has ?? ''}`, () => mini.find(id, has).find((found) => !mini.attribute(found, 'disabled')));
    for (let n = 0; n < times; n++) if (!mini.attribute(it, 'disabled')) mini.fire(it, 'tap');
    await pause(0);
  },
  async fill({ id, value, event = 'input' }) {
    mini.fire(await one(id), event, { value });
    await pause(0);
  },
  see: async ({ id, has }) => void (await one(id, has)),
  gone: ({ id, has }) => until(`still ${id} ${has ?? ''}`, () => !mini.find(id, has).length),
  count: ({ id, many }) => until(`not ${many} of ${id}`, () => mini.find(id).length === many),
  data: async ({ id, name, value }) => void (await until(`${id} without ${name} ${value}`, () => mini.find(id).some((it) => (it.dataset[name] ?? '') === value))),
  text: async ({ id }) => (await one(id)).textContent.trim(),
  texts: ({ id }) => mini.find(id).map((it) => it.textContent.trim()),
  page: ({ path }) => until(`not on ${path}`, () => mini.top() === path),
  told: () => ({ title: phone.title, colour: phone.colour, copied: phone.copied, called: phone.called, sockets: phone.sockets.size }),
  asked: ({ name }) => phone.asked.map(({ query }) => query).filter((query) => query.includes(name)),
  set: (what) => {
    const { online, ...rest } = what;
    Object.assign(phone, rest);
    if (rest.hasSockets === false) for (const it of phone.sockets) it.terminate();
    if (online !== undefined) hear(online);
  },
  html: () => html(mini.seen(), built),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { do: name, ...rest } = JSON.parse(line);
  let answer;
  try {
    answer = { value: (await commands[name](rest)) ?? null };
    if (typeof answer.value === 'object' && answer.value?.nodeType) answer.value = null;
  } catch (error) {
    answer = { error: `${error.stack}` };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);
