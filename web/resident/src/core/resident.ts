// Somebody at their phone: with an account or without, online or not. What they do goes through the outbox, so that
// nothing is lost and nothing is sent twice.
import { followCases } from '@client/follow';
import type { Answer, Input, UserError } from '@client/intents';
import { openOutbox, type Entry, type Outbox } from '@client/outbox';
import { createTokens, subjectOf, type Tokens } from '@client/tokens';
import { createHttp, type Http } from '@client/http';
import { createLive, type LinkState, type Live, type WayName } from '@client/live';
import { backoff, pause } from '@client/platform';
import { Failure, type TypedDocument } from '@client/transport';
import {
  AskDocument, CaseConfirmDocument, CaseEventsDocument, CaseFollowDocument, CaseRequestReopenDocument, CaseSubmitDocument, CaseUnfollowDocument,
  CaseUrgeDocument, CaseWithdrawDocument, ConsultationDocument, ConsultationsDocument, ConsultationVoteDocument, DetailDocument,
  KnowledgeJudgeDocument, MineDocument, PositionDocument, ProgressDocument, VersionDocument,
  type ConsultationState, type DetailQuery, type ProgressQuery, type RowFragment,
} from '../generated/graphql';
import { passOf, penOf, whileOpen, type WhileOpen } from './guests';
import { keptCases, keptPasses, type KeptCase } from './kept';
import type { ConsultationListed, ConsultationShown } from './consultations';
import type { Machine } from './machine';
import { answerOf, askedBy, type Asked } from './questions';

export type CaseRow = Pick<
  RowFragment,
  'number' | 'title' | 'kind' | 'submittedAt' | 'outcome' | 'plainStage' | 'plainSteps' | 'dueAt' | 'promisedAt' | 'urges'
> & { unit: string | null; isFollowed: boolean; description: string | null; responses: readonly { at: string; text?: string | null }[] };
export type CaseDetail = NonNullable<DetailQuery['case']>;

interface Done extends Answer {
  case?: { id: string; number: string; title?: string } | null;
  pollToken?: string | null;
  beneficiaryToken?: string | null;
}
type Act = TypedDocument<Record<string, Done>, { input: never }>;

const ACTS = {
  caseSubmit: CaseSubmitDocument,
  caseFollow: CaseFollowDocument,
  caseUnfollow: CaseUnfollowDocument,
  caseUrge: CaseUrgeDocument,
  caseWithdraw: CaseWithdrawDocument,
  caseConfirm: CaseConfirmDocument,
  caseRequestReopen: CaseRequestReopenDocument,
  consultationVote: ConsultationVoteDocument,
  knowledgeJudge: KnowledgeJudgeDocument,
} as unknown as Readonly<Record<string, Act>>;
/** These name the version they were pressed on; another one in between is asked for again. */
const VERSIONED = new Set(['caseWithdraw', 'caseConfirm', 'caseRequestReopen']);
const GUEST = 'guest';
const PAGE_MOST = 100; // the server gives no more at once

/** Of an account; what this phone keeps by number and token is shown all the same. */
export interface Wanted {
  most: number;
  kinds?: CaseRow['kind'][];
}

export interface Options {
  /** Code of the client app; empty for none. */
  app: string;
  /** A token of an account, where one is known. */
  token: string | null;
  /** Of the server's sentences; Chinese where left out. */
  language?: 'zh-CN' | 'en';
  /** Kinds of line to follow by, best first; all that the machine has where left out. */
  ways?: readonly WayName[];
  /** The account's token is over: the page asks for another, and calls `signIn` or `signOut`. */
  ended(): void;
  /** Nobody without an account is let in just now, and why: `APP_UNKNOWN` where there is no such app. Asked again all the same. */
  unadmitted?(no: Failure): void;
  changed(entries: readonly Entry[]): void;
  done(entry: Entry, handedIn: { number: string; isKept: boolean } | null): void;
  link(state: LinkState): void;
}

export type Resident = Awaited<ReturnType<typeof openResident>>;

export async function openResident(machine: Machine, { app, token, language = 'zh-CN', ended, ...on }: Options) {
  const kept = keptCases(machine.shelf);
  const isGuest = token == null;
  const owner = isGuest ? `${GUEST}/${app}` : (subjectOf(token) ?? 'nobody');
  const asked = askedBy(machine.shelf, owner);
  const passes = keptPasses(machine.shelf, owner);
  const open = whileOpen();
  const pen = isGuest ? penOf(machine, app, { no: on.unadmitted, isOver: open.isOver }) : null;
  const tokens: Tokens = pen ?? createTokens(token, () => (ended(), new Promise<string>(() => undefined)));
  const lines = new Map<string, Line>();

  function line(name: string, whose: () => Tokens): Line {
    const known = lines.get(name);
    if (known) return known;
    const one = lineUnder(machine, app, whose(), language, { ...on, open });
    lines.set(name, one);
    return one;
  }
  const main = () => line('', () => tokens);

  /** The line under which a case is seen: as who handed it in, by its number and token, or by one's account. */
  function lineOf(number: string): Line {
    const one = kept.of(number);
    return one ? line(number, () => passOf(machine, app, one.number, one.token)) : main();
  }
  const lineOfId = (id: string) => lineOf(kept.ofId(id)?.number ?? '');

  async function send(mutation: string, input: Input): Promise<Done> {
    const by = 'caseId' in input ? lineOfId(String(input['caseId'])) : main();
    return (await by.query(ACTS[mutation]!, { input: input as never }))[mutation]!;
  }

  async function prepare({ mutation }: Entry, input: Input): Promise<Input> {
    if (!VERSIONED.has(mutation)) return input;
    const id = String(input['caseId']);
    const { case: now } = await lineOfId(id).query(VersionDocument, { id });
    if (!now) throw new Failure([{ message: '这件事已不在您的名下。', extensions: { code: 'NOT_FOUND' } }]);
    return { ...input, expectedVersion: now.version };
  }

  function done(entry: Entry, payload: Done): void {
    if (entry.mutation !== 'caseSubmit' || !payload.case) return on.done(entry, null);
    const { id, number, title = '' } = payload.case;
    if (typeof entry.words['asked'] === 'string') asked.handedIn(entry.words['asked'], number);
    if (payload.beneficiaryToken) passes.add(number, payload.beneficiaryToken);
    if (!payload.pollToken) return on.done(entry, { number, isKept: true });
    pen?.spend();
    on.done(entry, { number, isKept: kept.add({ id, number, token: payload.pollToken, title, at: Date.now() }) });
  }

  const overtaken = (errors: readonly UserError[]) => errors.some(({ code }) => code === 'CONFLICT');
  const outbox: Outbox = await openOutbox<Done>({
    store: machine.store,
    owner,
    send,
    upload: (picture, type) => main().upload(picture, type),
    prepare,
    refused: (_entry, errors) => overtaken(errors),
    done,
    changed: on.changed,
    alone: machine.platform.alone,
  });

  /** An enterprise may have ten thousand: no more than somebody looks at. */
  async function ofAccount({ most, kinds }: Wanted): Promise<{ rows: CaseRow[]; isMore: boolean }> {
    const rows: CaseRow[] = [];
    let after: string | null = null;
    do {
      const { myCases }: Awaited<ReturnType<typeof page>> = await page(Math.min(PAGE_MOST, most - rows.length), after, kinds);
      rows.push(...myCases.edges.map(({ node }) => rowOf(node)));
      after = myCases.pageInfo.hasNextPage ? (myCases.pageInfo.endCursor ?? null) : null;
    } while (after && rows.length < most);
    return { rows, isMore: after != null };
  }
  const page = (first: number, after: string | null, kinds: Wanted['kinds']) => main().query(MineDocument, { first, after, kinds: kinds ?? null });

  async function byToken({ number, token: pollToken }: KeptCase): Promise<CaseRow | null> {
    const { progress } = await main().query(ProgressDocument, { number, token: pollToken });
    return progress ? { ...progress, outcome: progress.outcome ?? null, unit: progress.unit ?? null, isFollowed: false, description: null } as CaseRow : null;
  }

  /** Newest first; `isMore` where the account has others; `lost` are those whose token opens nothing any more. */
  async function mine(wanted: Wanted): Promise<{ rows: CaseRow[]; isMore: boolean; lost: KeptCase[] }> {
    const all = kept.all();
    const { rows, isMore } = isGuest ? { rows: [], isMore: false } : await ofAccount(wanted);
    const found = await Promise.all(all.map(byToken));
    const shown = new Set(rows.map(({ number }) => number));
    rows.push(...found.filter((one): one is CaseRow => one != null && !shown.has(one.number)));
    rows.sort((a, b) => Date.parse(b.submittedAt) - Date.parse(a.submittedAt));
    return { rows, isMore, lost: all.filter((_one, n) => !found[n]) };
  }

  async function detail(number: string): Promise<CaseDetail | null> {
    const found = (await lineOf(number).query(DetailDocument, { number })).case ?? null;
    const one = kept.of(number);
    if (found && one && one.id !== found.id) kept.add({ ...one, id: found.id }); // looked up by number: what is done about it names the id
    return found;
  }

  /** Calls `act` as soon as nothing is missed any more, and after everything that happens to the case; it reads the case anew by itself. */
  function follow(number: string | null, act: () => void): () => void {
    const by = number ? lineOf(number) : main();
    const live = by.live();
    let isOver = false;
    let stop: () => void = () => undefined;
    async function start(): Promise<void> {
      const after = await positionOn(by, () => isOver); // polling cannot begin without one
      if (isOver) return;
      act();
      stop = followCases(live, CaseEventsDocument, { after }, {
        event({ kind }) {
          if (kind !== 'HEARTBEAT') act();
        },
        resync: () => void start(),
      });
    }
    void start();
    return () => {
      isOver = true;
      stop();
    };
  }

  /** How a case goes by number and token, before this phone has kept it; null where they open nothing. */
  const progress = async (number: string, pollToken: string): Promise<ProgressQuery['progress']> =>
    (await main().query(ProgressDocument, { number, token: pollToken })).progress;

  /** Asks the knowledge base, at the app's place or a grid, and keeps what it told on this phone. */
  async function ask(question: string, grid: string | null = null): Promise<Asked> {
    const words = question.trim();
    const { ask: found } = await main().query(AskDocument, { question: words, grid });
    return asked.add(words, answerOf(found));
  }

  /** Newest first, at most 60: those that concern the app's place. Without an app there is no place to ask for. */
  async function consultations(state: ConsultationState): Promise<ConsultationListed[]> {
    const rows: ConsultationListed[] = [];
    if (!app) return rows;
    let after: string | null = null;
    do {
      const { consultations: found }: Awaited<ReturnType<typeof some>> = await some(state, after);
      rows.push(...found.edges.map(({ node }) => node));
      after = found.pageInfo.hasNextPage ? (found.pageInfo.endCursor ?? null) : null;
    } while (after && rows.length < 60);
    return rows;
  }
  const some = (state: ConsultationState, after: string | null) => main().query(ConsultationsDocument, { state, after });
  const consultation = async (id: string): Promise<ConsultationShown | null> => (await main().query(ConsultationDocument, { id })).consultation ?? null;

  return {
    isGuest,
    owner,
    outbox,
    kept,
    passes,
    asked,
    ask,
    consultations,
    consultation,
    query: <R, V>(document: TypedDocument<R, V>, variables: V) => main().query(document, variables),
    download: (number: string, path: string) => lineOf(number).download(path),
    mine,
    detail,
    follow,
    progress,
    close() {
      outbox.close();
      open.close();
      lines.forEach((one) => one.close());
    },
  };
}

const rowOf = ({ responsibleUnit, description, ...row }: RowFragment): CaseRow => ({ ...row, description: description ?? null, unit: responsibleUnit?.name ?? null });

/** Where the stream stands now, asked until somebody answers. */
async function positionOn({ query }: Http, isOver: () => boolean): Promise<string | null> {
  for (let attempt = 0; !isOver(); attempt++) {
    try {
      return (await query(PositionDocument, {})).myCases.cursor;
    } catch {
      await pause(backoff(attempt));
    }
  }
  return null;
}

interface Line extends Http {
  live(): Live;
  close(): void;
}

/** A line that asks; it follows, and keeps a socket for it, only from when somebody wants to. */
function lineUnder({ platform, origin }: Machine, app: string, tokens: Tokens, language: string, { ways, link: onLink, open }: Pick<Options, 'ways' | 'link'> & { open: WhileOpen }): Line {
  const http = createHttp(platform, origin, open.of(tokens), language, app); // a call holds what others need, a line holds nothing
  const options = { platform, url: `${origin}/graphql`, tokens, language, app, query: http.query, onLink, ...(ways ? { ways } : {}) };
  let live: Live | null = null;
  return {
    ...http,
    live: () => (live ??= createLive(options)),
    close: () => live?.close(),
  };
}
