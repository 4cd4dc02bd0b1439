import { describe, expect, it } from 'vitest';
import { miniProgramStore, type Wx } from './mini';
import { memoryStore, shelfStore, type Shelf, type Store } from './store';
import { createTokens, subjectOf, tokensOf } from './tokens';

function shelf(): Shelf {
  const held = new Map<string, string>();
  return {
    get length() {
      return held.size;
    },
    key: (at) => [...held.keys()][at] ?? null,
    getItem: (key) => held.get(key) ?? null,
    setItem: (key, text) => void held.set(key, text),
    removeItem: (key) => void held.delete(key),
  };
}

/** The storage and the files of a phone, as `wx` offers them. */
function wx(): Wx {
  const storage = new Map<string, string>();
  const files = new Map<string, ArrayBuffer>();
  return {
    getStorageSync: (key: string) => storage.get(key) ?? '',
    setStorageSync: (key: string, text: string) => void storage.set(key, text),
    removeStorageSync: (key: string) => void storage.delete(key),
    getStorageInfoSync: () => ({ keys: [...storage.keys()] }),
    getFileSystemManager: () => ({
      readFile: ({ filePath, success, fail }) => (files.has(filePath) ? success({ data: files.get(filePath) }) : fail({})),
      writeFile: ({ filePath, data, success }) => (files.set(filePath, data), success()),
      unlink: ({ filePath, success }) => (files.delete(filePath), success()),
    }),
    env: { USER_DATA_PATH: 'wxfile://usr' },
  } as Partial<Wx> as Wx;
}

const STORES: Record<string, () => Store> = {
  memory: () => memoryStore(),
  shelf: () => shelfStore(shelf()),
  'mini-program': () => miniProgramStore(wx()),
};

describe.each(Object.entries(STORES))('the store of a %s', (_name, make) => {
  it('gives back what it was given, in order, and forgets what it shall', async () => {
    const store = make();
    await store.putText('a/2', '二🙂');
    await store.putText('a/1', '一');
    await store.putText('b/1', 'other');
    await store.putBytes('p/1', new Uint8Array([0, 255, 128]).buffer);

    expect(await store.keys('a/')).toEqual(['a/1', 'a/2']);
    expect(await store.text('a/2')).toBe('二🙂');
    expect([...new Uint8Array((await store.bytes('p/1'))!)]).toEqual([0, 255, 128]);

    await store.remove('a/1');
    await store.remove('p/1');
    expect(await store.keys('a/')).toEqual(['a/2']);
    expect(await store.text('a/1')).toBeNull();
    expect(await store.bytes('p/1')).toBeNull();
  });
});

describe('tokens', () => {
  const token = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`;

  it('say whose they are', () => {
    expect(subjectOf(token({ sub: 'PROVIDER_STAFF：陈🙂', realm: 'LIVE' }))).toBe('LIVE:PROVIDER_STAFF：陈🙂');
    expect(subjectOf('pasted nonsense')).toBeNull();
  });

  it('are not lent to what another person has written', async () => {
    const tokens = createTokens(token({ sub: 'wang', realm: 'LIVE' }), () => new Promise(() => undefined));

    await expect(tokensOf('LIVE:chen', tokens).current()).rejects.toThrow();
    expect(await tokensOf('LIVE:wang', tokens).current()).toBe(await tokens.current());
  });
});
