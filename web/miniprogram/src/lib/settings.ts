// Which server and which app: what was built in, or what the mini-program's own `ext.json` says in its place, so that
// one build serves the mini-programs of many communities.
declare const __ORIGIN__: string;

export interface Settings {
  /** `https://host`, a listed request domain. */
  origin: string;
  /** Code of the client app where the link or QR code names none; empty for none. */
  app: string;
  /** False where no socket domain is listed: cases are followed by polling. */
  sockets: boolean;
}

export function settings(): Settings {
  const own = (wx.getExtConfigSync?.() ?? {}) as Partial<Settings>;
  return { origin: (own.origin ?? __ORIGIN__).replace(/\/$/, ''), app: own.app ?? '', sockets: own.sockets ?? true };
}

/** `app` of a link (`?app=erlang`) or of a QR code (`scene=app%3Derlang`); null where neither names one. */
export function appOf({ query = {} }: { query?: Record<string, unknown> }): string | null {
  if (typeof query['app'] === 'string') return query['app'];
  const scene = typeof query['scene'] === 'string' ? decodeURIComponent(query['scene']) : '';
  return /(?:^|&)app=([^&]*)/.exec(scene)?.[1] ?? null;
}
