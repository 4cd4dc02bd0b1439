// What somebody did while nobody listened: kept on the phone with its photos, sent once when the line is back, in order.
//
// Once: an entry is sealed (key and input) in the store before it is sent, and sent again only as it was sealed; the
// server answers a key it knows with what it answered before. In order: entries of one `chain` never overtake each other.
import { newKey, verdictOf, type Answer, type Input, type Send, type UserError } from './intents';
import { backoff, type Platform } from './platform';
import type { Store } from './store';
import { Failure, type Transport } from './transport';

export interface Picture {
  bytes: ArrayBuffer;
  /** `image/jpeg` or `image/png`. */
  type: string;
  name: string;
  /** The rest of its `EvidenceInput`: `{ kind: 'BEFORE' }`. */
  about: Input;
}

/** What is to be sent. */
export interface Task {
  mutation: string;
  /** Without `idempotencyKey`, and without the photos of `pictures`. */
  input: Input;
  pictures?: readonly Picture[];
  /** What must not overtake each other: as a rule the id of the object that is changed. */
  chain?: string;
  /** For people, and for the page that shows it: must be JSON. */
  words?: Input;
}

export interface KeptPicture {
  key: string;
  type: string;
  name: string;
  about: Input;
  /** Given by the server once it has the picture. */
  id: string | null;
}

/** `waiting`: for the line or its turn. `refused`: the city said no. `unsure`: sent a day ago and never answered. */
export type EntryState = 'waiting' | 'sending' | 'refused' | 'unsure';

export interface Entry {
  readonly id: string;
  readonly mutation: string;
  readonly input: Input;
  readonly pictures: readonly KeptPicture[];
  readonly chain: string;
  readonly words: Input;
  readonly keptAt: number;
  readonly state: EntryState;
  /** What is sent, from the first attempt on: never changed after it. */
  readonly sealed: Input | null;
  readonly firstSentAt: number | null;
  readonly attempts: number;
  readonly errors: readonly UserError[];
}

export interface OutboxOptions<P extends Answer> {
  store: Store;
  /** Whose: nobody's entries are sent under somebody else's token. `subjectOf(token)` of tokens.ts is a good one. */
  owner: string;
  send: Send<P>;
  upload: Transport['upload'];
  /** Fills in, just before the first attempt, what is known only then: `expectedVersion`. Throw to wait a little. */
  prepare?(entry: Entry, input: Input): Promise<Input>;
  /** Done: told once, after the entry has left the store. */
  done?(entry: Entry, payload: P): void;
  /** The city said no. Answer true to prepare it anew under another key, once; else it stays for somebody to decide. */
  refused?(entry: Entry, errors: readonly UserError[]): boolean;
  changed?(entries: readonly Entry[]): void;
  alone?: Platform['alone'];
  key?: () => string;
  now?: () => number;
}

export interface Outbox {
  readonly entries: readonly Entry[];
  /** Resolves when it is safely kept, not when it is sent. */
  add(task: Task): Promise<Entry>;
  /** Look again now: the line is back, the page is in front again, another token is there. */
  flush(): Promise<void>;
  /** Send what was refused or is unsure anew, under another key; `input` in its place where given. */
  retry(id: string, input?: Input): Promise<void>;
  discard(id: string): Promise<void>;
  picture(picture: KeptPicture): Promise<ArrayBuffer | null>;
  readonly isLasting: boolean;
  close(): void;
}

const KEYS_LAST_MS = 23 * 3_600_000; // the server knows a key for 24 h; after that a repetition might be a second effect
const LATER = new Set(['UNAUTHENTICATED', 'RATE_LIMITED', 'TOO_MANY_REQUESTS', 'UNAVAILABLE', 'TIMEOUT', 'INTERNAL']);

const safe = (text: string) => encodeURIComponent(text).replace(/[^\w.-]/g, '_');

/** Reads what is kept and begins to send. */
export async function openOutbox<P extends Answer>(options: OutboxOptions<P>): Promise<Outbox> {
  const { store, send, upload, key = newKey, now = Date.now } = options;
  const home = `gridcast.outbox/${safe(options.owner)}/`;
  const albums = `gridcast.pictures/${safe(options.owner)}/`;
  const alone: NonNullable<Platform['alone']> = options.alone ?? oneByOne();
  let held: Entry[] = [];
  let made = 0;
  let attempt = 0;
  let isAtWork: Promise<void> | null = null;
  let isWanted = false;
  let isClosed = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const tell = () => options.changed?.(held);
  const read = async (id: string) => {
    const text = await store.text(home + id);
    return text == null ? null : (JSON.parse(text) as Entry);
  };
  const keep = async (entry: Entry): Promise<Entry> => {
    await store.putText(home + entry.id, JSON.stringify(entry));
    held = held.some(({ id }) => id === entry.id) ? held.map((one) => (one.id === entry.id ? entry : one)) : [...held, entry];
    tell();
    return entry;
  };
  const forget = async (entry: Entry): Promise<void> => {
    await store.remove(home + entry.id); // first the entry: pictures without one are litter, one without its pictures a loss
    held = held.filter(({ id }) => id !== entry.id);
    tell();
    for (const one of entry.pictures) await store.remove(one.key);
  };

  /** As it stands in the store: another page of the same person may have sent some of it. */
  async function reload(): Promise<void> {
    const found = await Promise.all((await store.keys(home)).map((name) => read(name.slice(home.length))));
    held = found.filter((one): one is Entry => one != null);
    tell();
  }

  async function add({ mutation, input, pictures = [], chain, words = {} }: Task): Promise<Entry> {
    const at = now();
    const id = `${String(at).padStart(15, '0')}-${String(made++).padStart(6, '0')}-${key().slice(0, 8)}`;
    const kept: KeptPicture[] = [];
    for (const [n, { bytes, type, name, about }] of pictures.entries()) {
      const place = `${albums}${id}/${n}`;
      await store.putBytes(place, bytes);
      kept.push({ key: place, type, name, about, id: null });
    }
    const fresh = { sealed: null, firstSentAt: null, attempts: 0, errors: [], state: 'waiting' as const };
    const entry = await keep({ id, mutation, input, pictures: kept, chain: chain ?? id, words, keptAt: at, ...fresh });
    void flush();
    return entry;
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    isWanted = true;
    isAtWork ??= work().finally(() => (isAtWork = null));
    return isAtWork;
  }

  async function work(): Promise<void> {
    while (isWanted && !isClosed) {
      isWanted = false;
      const isThrough = await alone(home, pass).catch(() => false);
      if (isThrough) attempt = 0;
      else if (!isWanted && !isClosed) timer = setTimeout(() => void flush(), backoff(attempt++));
    }
  }

  /** One entry after another; false where the line is to blame and all must wait. */
  async function pass(): Promise<boolean> {
    await reload();
    const blocked = new Set<string>();
    for (const { id } of held) {
      const entry = isClosed ? null : await read(id);
      if (!entry) continue;
      if (blocked.has(entry.chain)) continue;
      const went = entry.state === 'refused' || entry.state === 'unsure' ? 'stays' : await sendOne(entry);
      if (went === 'again') return false;
      if (went === 'stays') blocked.add(entry.chain);
    }
    return true;
  }

  async function sendOne(entry: Entry): Promise<'gone' | 'stays' | 'again'> {
    if (entry.firstSentAt != null && now() - entry.firstSentAt > KEYS_LAST_MS) {
      await keep({ ...entry, state: 'unsure' });
      return 'stays';
    }
    let ready: Entry;
    try {
      ready = entry.sealed ? entry : await seal(await withPictures(entry));
    } catch (error) {
      if (!(error instanceof Failure) || LATER.has(error.code)) return 'again';
      await keep({ ...entry, state: 'refused', errors: [{ code: error.code, message: error.message }] });
      return 'stays';
    }
    ready = await keep({ ...ready, state: 'sending', attempts: ready.attempts + 1, firstSentAt: ready.firstSentAt ?? now() });
    const verdict = await verdictOf(send(ready.mutation, ready.sealed!));
    if (verdict.kind === 'done') {
      await forget(ready);
      options.done?.(ready, verdict.payload);
      return 'gone';
    }
    if (verdict.kind === 'silence' || (verdict.kind === 'failed' && LATER.has(verdict.code))) {
      await keep({ ...ready, state: 'waiting' });
      return 'again';
    }
    const errors = verdict.kind === 'refused' ? verdict.errors : [{ code: verdict.code, message: verdict.message }];
    const isFirst = ready.errors.length === 0;
    if (isFirst && options.refused?.(ready, errors)) {
      await keep({ ...ready, state: 'waiting', sealed: null, firstSentAt: null, errors });
      isWanted = true;
      return 'stays'; // its turn comes again in the next pass, before the rest of its chain
    }
    await keep({ ...ready, state: 'refused', errors });
    return 'stays';
  }

  /** Photos first, each once: a picture the server has is not sent again. */
  async function withPictures(entry: Entry): Promise<Entry> {
    let now = entry;
    for (const [n, one] of entry.pictures.entries()) {
      if (one.id) continue;
      const bytes = await store.bytes(one.key);
      if (!bytes) throw new Failure([{ message: `照片「${one.name}」已不在这台设备上，请重新拍摄。`, extensions: { code: 'PICTURE_LOST' } }]);
      const id = await upload(bytes, one.type);
      now = await keep({ ...now, pictures: now.pictures.map((it, at) => (at === n ? { ...it, id } : it)) });
    }
    return now;
  }

  async function seal(entry: Entry): Promise<Entry> {
    const evidence = entry.pictures.map(({ id, about }) => ({ id, ...about }));
    const known = (entry.input['evidence'] as readonly unknown[] | undefined) ?? [];
    const input = evidence.length ? { ...entry.input, evidence: [...known, ...evidence] } : entry.input;
    const complete = options.prepare ? await options.prepare(entry, input) : input;
    return keep({ ...entry, sealed: { ...complete, idempotencyKey: key() } });
  }

  async function retry(id: string, input?: Input): Promise<void> {
    await alone(home, async () => {
      const entry = await read(id);
      if (!entry) return;
      const pictures = entry.errors.some(({ code }) => code === 'NOT_FOUND') ? entry.pictures.map((one) => ({ ...one, id: null })) : entry.pictures;
      await keep({ ...entry, pictures, input: input ?? entry.input, state: 'waiting', sealed: null, firstSentAt: null, errors: [] });
    });
    void flush();
  }

  async function discard(id: string): Promise<void> {
    await alone(home, async () => {
      const entry = await read(id);
      if (entry) await forget(entry);
    });
    void flush();
  }

  await reload();
  void flush();
  return {
    get entries() {
      return held;
    },
    add,
    flush,
    retry,
    discard,
    picture: ({ key: place }) => store.bytes(place),
    isLasting: store.isLasting,
    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}

/** Where no other page can hold the same outbox, its own calls must still not cross. */
function oneByOne(): NonNullable<Platform['alone']> {
  let last: Promise<unknown> = Promise.resolve();
  return (_name, work) => {
    const mine = last.then(work, work);
    last = mine.catch(() => undefined);
    return mine;
  };
}
