// What is drawn, as one HTML page for a browser: the tags and classes of the WXML, all WXSS, rpx as on a phone 390 px wide.
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const WIDTH = 390;
const TAGS = { text: 'span', image: 'img', input: 'input', textarea: 'textarea', button: 'button' };
const escape = (text) => String(text).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');
const rpx = (text) => text.replace(/(-?[\d.]+)rpx/g, (_all, n) => `${(Number(n) * WIDTH) / 750}px`);

function sheet(folder, name) {
  return readdirSync(folder).map((one) => {
    const path = join(folder, one);
    if (statSync(path).isDirectory()) return sheet(path, one);
    return one.endsWith('.wxss') ? scoped(readFileSync(path, 'utf8'), one === 'app.wxss' ? '' : folder.endsWith('custom-tab-bar') ? 'custom-tab-bar' : name) : '';
  }).join('\n');
}
/** A part's rules are its own. */
const scoped = (css, name) => (name ? `[data-of="${name}"] { ${css} }` : css.replace(/^page \{/m, 'body {'));

function tag(node, of) {
  if (node.nodeType === 3) return escape(node.textContent);
  if (node.nodeType !== 1) return '';
  const vt = node.__wxElement?._vt;
  const name = node.tagName.toLowerCase().replace(/^wx-/, '');
  const at = (key) => vt?.attrs.find((one) => one.name === key)?.value;
  const own = vt && !node.tagName.startsWith('WX-') ? name : of;
  const inner = [...node.childNodes].map((one) => tag(one, own)).join('');
  if (name === 'shadow' || name === 'virtual' || name === 'wx:if' || name === 'wx:for') return inner;
  const tagName = TAGS[name] ?? 'div';
  const attributes = [
    ['class', at('class')], ['style', at('style') && rpx(at('style'))], ['src', at('src') && `file://${at('src')}`], ['placeholder', at('placeholder')],
    ['value', tagName === 'input' ? at('value') : ''], ['disabled', at('disabled') ? 'disabled' : ''],
  ].filter(([, value]) => value).map(([key, value]) => ` ${key}="${escape(value)}"`).join('');
  if (tagName === 'img' || tagName === 'input') return `<${tagName}${attributes}>`;
  if (vt && own !== of) return `<div data-of="${own}"${attributes}>${inner}</div>`;
  return `<${tagName}${attributes}>${tagName === 'textarea' ? escape(at('value') ?? '') : inner}</${tagName}>`;
}

export function html(places, built) {
  const body = places.map((one) => {
    const path = one.dataset.page;
    const name = path.startsWith('custom') ? 'custom-tab-bar' : path.split('/').at(-1);
    const inner = [...one.childNodes].map((it) => tag(it, name)).join('');
    return `<div data-of="${name}"${path.startsWith('custom') ? ' style="position:fixed;left:0;right:0;bottom:0;z-index:9"' : ''}>${inner}</div>`;
  }).join('');
  return `<!doctype html><meta charset="utf-8"><style>* { box-sizing: border-box } body { margin: 0; font-family: 'Noto Sans CJK SC', sans-serif } button, input, textarea { font: inherit; color: inherit } img { object-fit: cover }
${rpx(sheet(built, ''))}</style><body>${body}</body>`;
}
