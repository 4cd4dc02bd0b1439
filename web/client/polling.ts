// The polling query in place of a stream: the same events, cursors and sinks, a few seconds later.
import { pollable } from './pollable';
import type { Live, Sink, WayOptions } from './live';
import { backoff } from './platform';
import { Failure, type TypedDocument } from './transport';

const PAGE = 50;
const EVERY_MS = 3_000;

interface Page<R> {
  events: R[];
  cursor: string;
  hasMore: boolean;
}
type Resumable = { after?: string | null };

export function createPolling({ query, onLink }: WayOptions): Live {
  const stops = new Set<() => void>();
  let isOpen = false;
  let wasOpen = false;

  function told(isWell: boolean): void {
    if (isWell && isOpen) return;
    isOpen = isWell;
    onLink(isWell ? 'open' : 'waiting', wasOpen);
    wasOpen ||= isWell;
  }

  function subscribe<R, V extends object>(document: TypedDocument<R, V>, variables: V, sink: Sink<R>): () => void {
    const twin = pollingTwin(document.toString());
    const position = variables as Resumable;
    let stopped = false;
    let attempt = 0;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = () => {
      stopped = true;
      clearTimeout(timer);
      stops.delete(stop);
    };
    const over = (say: () => void) => {
      const was = stopped;
      stop();
      if (!was) say();
    };
    const refuse = (code: string, message: string) =>
      (timer = setTimeout(() => over(() => sink.refused([{ message, extensions: { code } }])), 0));

    async function run(): Promise<void> {
      try {
        const page = (await query<Record<string, Page<unknown>>, object>(twin!.document, { ...variables }))[twin!.field]!;
        if (stopped) return;
        attempt = 0;
        told(true);
        for (const event of page.events) {
          if (stopped) return;
          sink.next({ data: { [twin!.field]: event } as R });
        }
        if (stopped) return;
        position.after = page.cursor;
        timer = setTimeout(() => void run(), page.hasMore ? 0 : EVERY_MS * (0.8 + 0.4 * Math.random()));
      } catch (error) {
        if (stopped) return;
        if (error instanceof Failure && !['UNAUTHENTICATED', 'TIMEOUT', 'INTERNAL', 'RATE_LIMITED'].includes(error.code))
          return over(() => sink.refused(error.errors));
        told(false);
        timer = setTimeout(() => void run(), backoff(attempt++));
      }
    }

    stops.add(stop);
    if (!twin) refuse('NOT_POLLABLE', 'This subscription has no polling query.');
    else if (!position.after) refuse('CURSOR_INVALID', 'Polling begins with the cursor of a list.');
    else void run();
    return stop;
  }

  return { subscribe, close: () => [...stops].forEach((stop) => stop()) };
}

/**
 * `subscription ($after: EventCursor) { caseEvents(after: $after) { kind } }` as the query that answers pages of the same.
 * Null where the contract has none: figures that replace one another are asked for, not polled.
 */
export function pollingTwin(text: string): { document: string; field: string } | null {
  const head = /^\s*subscription\b([^{(]*)/.exec(text);
  if (!head) return null;
  const variables = text[head[0].length] === '(' ? text.slice(head[0].length, closing(text, head[0].length) + 1) : '';
  const begin = text.indexOf('{', head[0].length + variables.length);
  const field = /\{\s*(\w+)\s*/.exec(text.slice(begin));
  if (!field || !pollable.includes(field[1]!)) return null;
  const at = begin + field[0].length;
  const args = text[at] === '(' ? text.slice(at + 1, closing(text, at)) : '';
  const open = text.indexOf('{', at + (args ? args.length + 2 : 0));
  const close = closing(text, open);
  const rest = text.slice(closing(text, begin) + 1);
  const first = /\bfirst\s*:/.test(args) ? '' : `first: ${PAGE}, `;
  const document =
    `query${head[1]}${variables.replace(/(\$after\s*:\s*EventCursor)\b!?/, '$1!')} ` +
    `{ ${field[1]}(${first}${args}) { events ${text.slice(open, close + 1)} cursor hasMore } }${rest}`;
  return { document, field: field[1]! };
}

/** Where the bracket that opens at `from` is closed. Our documents hold no brackets inside of texts. */
function closing(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    if ('({'.includes(text[at]!)) depth++;
    else if (')}'.includes(text[at]!) && --depth === 0) return at;
  }
  return text.length;
}
