// Keeps the files of one page, so that it opens in a cellar. Never data: what people read and write lies elsewhere.
const HOME = new URL(self.registration.scope).pathname;
const SHELF = `gridcast${HOME}`;
const PATIENCE_MS = 4_000; // a line that is this slow is no line to wait for

async function stock() {
  const page = await fetch(HOME, { cache: 'no-cache' });
  if (!page.ok) throw new Error(`HTTP ${page.status}`);
  const shelf = await caches.open(SHELF);
  const text = await page.clone().text();
  const files = [...text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, file]) => file);
  for (const file of files) if (!(await shelf.match(file))) await shelf.add(file);
  await shelf.put(HOME, page); // last: a page without its files is worse than yesterday's
  for (const { url } of await shelf.keys()) {
    const path = new URL(url).pathname;
    if (path !== HOME && !files.includes(path)) await shelf.delete(url);
  }
}

async function page(request) {
  const kept = await caches.match(HOME);
  const fresh = fetch(request);
  if (!kept) return fresh;
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, null));
  const answer = await Promise.race([fresh.catch(() => null), late]);
  return answer && answer.status < 500 ? answer : kept;
}

self.addEventListener('install', (event) => event.waitUntil(stock().then(() => self.skipWaiting())));
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin) return;
  if (request.mode === 'navigate' && (pathname === HOME || pathname.startsWith(`${HOME}/`))) {
    event.respondWith(page(request));
    event.waitUntil(stock().catch(() => undefined));
  } else if (pathname.startsWith(`${HOME}/assets/`)) event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
});
