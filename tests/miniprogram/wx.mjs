// `wx` of a phone that can be handled from outside: real HTTP, real sockets, a folder for storage and files.
import { existsSync, mkdirSync, readdirSync, readFile, readFileSync, rmSync, unlink, unlinkSync, writeFile, writeFileSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { WebSocket } from 'ws';

const refusal = (what, why) => ({ errMsg: `${what}:fail ${why}` });

export function phoneIn(folder, settings) {
  const [texts, own] = ['storage', 'files'].map((name) => join(folder, name));
  for (const one of [texts, own]) mkdirSync(one, { recursive: true });
  const phone = {
    isOnline: true, hasSockets: true, isFull: false, photos: [], place: null, chosen: null,
    asked: [], sockets: new Set(), told: [], heard: [], title: '', colour: '', copied: '', called: '',
  };
  const textAt = (key) => join(texts, encodeURIComponent(key));

  const request = ({ url, method, header, data, responseType, success, fail, timeout }) => {
    if (!phone.isOnline) return void setTimeout(() => fail(refusal('request', 'offline')));
    const body = data === undefined ? undefined : Buffer.from(data);
    phone.asked.push({ url, query: typeof data === 'string' ? data : '' });
    const asked = http.request(url, { method, headers: { ...header, ...(body ? { 'content-length': body.length } : {}) }, timeout }, async (answer) => {
      const parts = [];
      try {
        for await (const one of answer) parts.push(one);
      } catch (error) {
        return fail(refusal('request', error.message));
      }
      if (!phone.isOnline) return fail(refusal('request', 'offline'));
      const all = Buffer.concat(parts);
      const bytes = all.buffer.slice(all.byteOffset, all.byteOffset + all.length);
      success({ statusCode: answer.statusCode, header: answer.headers, data: responseType === 'arraybuffer' ? bytes : all.toString() });
    });
    asked.on('error', (error) => fail(refusal('request', error.message)));
    asked.on('timeout', () => asked.destroy(new Error('timeout')));
    asked.end(body);
  };

  const connectSocket = ({ url, protocols, fail }) => {
    const on = { open: [], message: [], close: [], error: [] };
    const tell = (name, what) => on[name].forEach((act) => act(what));
    const task = {
      onOpen: (act) => on.open.push(act), onMessage: (act) => on.message.push(act),
      onClose: (act) => on.close.push(act), onError: (act) => on.error.push(act),
      send: ({ data }) => line?.send(data),
      close: ({ code, reason } = {}) => line?.close(code ?? 1000, reason ?? ''),
    };
    if (!phone.hasSockets || !phone.isOnline) {
      setTimeout(() => fail?.(refusal('connectSocket', 'url not in domain list')));
      return task;
    }
    const line = new WebSocket(url, protocols);
    phone.sockets.add(line);
    line.on('open', () => tell('open'));
    line.on('message', (data) => tell('message', { data: data.toString() }));
    line.on('error', ({ message }) => tell('error', { errMsg: message }));
    line.on('close', (code, reason) => {
      phone.sockets.delete(line);
      tell('close', { code, reason: reason.toString() });
    });
    return task;
  };

  const full = (what) => Object.assign(new Error(`${what}:fail exceed storage max size`));
  const done = (what, { success, fail }) => (error, data) => (error ? fail?.(refusal(what, error.message)) : success?.({ data }));
  const files = {
    readFile: (ask) => readFile(ask.filePath, (error, data) => done('readFile', ask)(error, data && data.buffer.slice(data.byteOffset, data.byteOffset + data.length))),
    writeFile: (ask) => (phone.isFull ? setTimeout(() => ask.fail(full('writeFile'))) : writeFile(ask.filePath, Buffer.from(ask.data), done('writeFile', ask))),
    unlink: (ask) => unlink(ask.filePath, done('unlink', ask)),
    writeFileSync: (path, data) => writeFileSync(path, Buffer.from(data)),
    readdirSync: (path) => readdirSync(path),
    unlinkSync: (path) => unlinkSync(path),
  };

  const wx = {
    env: { USER_DATA_PATH: own },
    request,
    connectSocket,
    getExtConfigSync: () => settings,
    getStorageSync: (key) => (existsSync(textAt(key)) ? JSON.parse(readFileSync(textAt(key), 'utf8')) : ''),
    setStorageSync(key, text) {
      if (phone.isFull) throw full('setStorageSync');
      writeFileSync(textAt(key), JSON.stringify(text));
    },
    removeStorageSync: (key) => rmSync(textAt(key), { force: true }),
    getStorageInfoSync: () => ({ keys: readdirSync(texts).map(decodeURIComponent) }),
    getFileSystemManager: () => files,
    getNetworkType: ({ success }) => success({ networkType: phone.isOnline ? 'wifi' : 'none' }),
    onNetworkStatusChange: (act) => phone.heard.push(act),
    chooseMedia: ({ count, success, fail }) =>
      phone.photos.length ? success({ tempFiles: phone.photos.splice(0, count).map((tempFilePath) => ({ tempFilePath })) }) : fail(refusal('chooseMedia', 'cancel')),
    getImageInfo({ src, success, fail }) {
      const bytes = readFileSync(src);
      if (bytes.toString('latin1', 1, 4) !== 'PNG') return fail(refusal('getImageInfo', 'not a picture'));
      success({ width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) });
    },
    compressImage: ({ fail }) => fail(refusal('compressImage', 'only JPEG')),
    getLocation({ success, fail, complete }) {
      if (phone.place) success({ ...phone.place, accuracy: 12.4 });
      else fail(refusal('getLocation', 'auth deny'));
      complete?.();
    },
    chooseLocation: ({ success, fail }) => (phone.chosen ? success(phone.chosen) : fail(refusal('chooseLocation', 'cancel'))),
    setNavigationBarTitle: ({ title }) => (phone.title = title),
    setNavigationBarColor: ({ backgroundColor }) => (phone.colour = backgroundColor),
    setClipboardData: ({ data }) => (phone.copied = data),
    makePhoneCall: ({ phoneNumber }) => (phone.called = phoneNumber),
    stopPullDownRefresh() {},
    openSetting() {},
    previewImage() {},
  };

  const hear = (isOnline) => {
    phone.isOnline = isOnline;
    if (!isOnline) for (const one of phone.sockets) one.terminate();
    for (const act of phone.heard) act({ isConnected: isOnline, networkType: isOnline ? 'wifi' : 'none' });
  };
  return { wx, phone, hear };
}
