// Pages as WeChat keeps them, drawn by the published simulator into a DOM: a stack, tabs that stay, one bar at the bottom.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';

const require = createRequire(import.meta.url);
const window = parseHTML('<!doctype html><html><head></head><body></body></html>');
globalThis.window = window;
for (const name of ['document', 'Event', 'CustomEvent', 'Element', 'Node', 'HTMLElement']) globalThis[name] = window[name];
/** A mini-program has none of these. */
for (const name of ['fetch', 'WebSocket', 'crypto', 'localStorage', 'indexedDB']) Object.defineProperty(globalThis, name, { value: undefined, configurable: true });

export function openMini(folder, wx) {
  let app = null;
  let launched = {};
  const stack = [];
  const tabs = new Map();
  const loaded = new Map();
  const json = JSON.parse(readFileSync(join(folder, 'app.json'), 'utf8'));
  const tabPages = json.tabBar.list.map(({ pagePath }) => pagePath);

  globalThis.wx = Object.assign(wx, {
    navigateTo: ({ url }) => void push(url),
    switchTab: ({ url }) => void show(url),
    reLaunch: ({ url }) => void show(url),
    navigateBack: () => void back(),
  });
  globalThis.App = (given) => (app = given);
  globalThis.getCurrentPages = () => stack.map(({ instance }) => instance);
  const simulate = require('miniprogram-simulate');
  const exparser = require('miniprogram-exparser');
  // The compiler that WeChat's own tools use, where it runs; else the simulator's.
  const compiler = process.arch === 'x64' ? 'official' : 'simulate';

  function draw(path) {
    if (!loaded.has(path)) loaded.set(path, simulate.load(join(folder, path), { rootPath: folder, compiler }));
    const component = simulate.render(loaded.get(path));
    const place = document.createElement('section');
    place.dataset.page = path;
    document.body.append(place);
    component.attach(place);
    return { path, component, place, instance: component.instance };
  }

  function make(url) {
    const [path, text = ''] = url.replace(/^\//, '').split('?');
    if (!json.pages.includes(path)) throw new Error(`no such page: ${path}`);
    const page = draw(path);
    if (tabPages.includes(path)) {
      page.bar = draw('custom-tab-bar/index');
      page.instance.getTabBar = () => page.bar.instance;
    }
    page.instance.onLoad?.(Object.fromEntries(text ? text.split('&').map((one) => one.split('=')) : []));
    return page;
  }

  const top = () => stack.at(-1);
  function hide(page) {
    page.instance.onHide?.();
    page.place.hidden = true;
    if (page.bar) page.bar.place.hidden = true;
  }
  function reveal(page) {
    page.place.hidden = false;
    if (page.bar) page.bar.place.hidden = false;
    page.instance.onShow?.();
  }
  function end(page) {
    page.instance.onUnload?.();
    page.component.detach();
    page.place.remove();
  }

  function push(url) {
    hide(top());
    stack.push(make(url));
    reveal(top());
  }
  function back() {
    if (stack.length < 2) return;
    end(stack.pop());
    reveal(top());
  }
  function show(url) {
    while (stack.length > 1) end(stack.pop());
    if (top()) hide(stack.pop());
    const path = url.replace(/^\//, '').split('?')[0];
    if (!tabs.has(path)) tabs.set(path, make(url));
    stack.push(tabs.get(path));
    reveal(top());
  }

  const isSeen = (one) => !one.closest('[hidden]');
  const attribute = (one, name) => one.__wxElement?._vt?.attrs.find((it) => it.name === name)?.value;

  return {
    launch(query) {
      launched = query;
      require(join(folder, 'app.js'));
      app.onLaunch?.({ query: launched, path: json.pages[0] });
      app.onShow?.({ query: launched, path: json.pages[0] });
      show(json.pages[0]);
    },
    /** In front again: from the background, or by another code. */
    inFront(query = {}) {
      app.onShow?.({ query });
      if (query.app != null) show(json.pages[0]);
      else top().instance.onShow?.();
    },
    back,
    push,
    show,
    top: () => top().path,
    pull: () => top().instance.onPullDownRefresh?.(),
    /** What can be seen under a test id, in order. */
    find: (id, has = '') => [...document.querySelectorAll(`[data-testid="${id}"]`)].filter((one) => isSeen(one) && one.textContent.includes(has)),
    attribute,
    fire(one, name, detail = {}) {
      const options = { bubbles: name === 'tap', composed: name === 'tap', capturePhase: true };
      exparser.Event.dispatchEvent(one.__wxElement, exparser.Event.create(name, detail, options));
    },
    seen: () => [...document.querySelectorAll('[data-page]')].filter(isSeen),
  };
}
