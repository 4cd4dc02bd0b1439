// Photos: taken or chosen, made small enough for a bad line, read as bytes for the outbox, and as files to be looked at.
import type { Photo } from '@core/report';

const LONGEST_SIDE = 2_048;
const QUALITY = 80;
const MOST_BYTES = 8 * 1024 * 1024;
const SEEN = 'gridcast-seen-';

const files = () => wx.getFileSystemManager();

/** What the phone calls a photo may be anything; the first bytes tell. */
export function typeOf(bytes: ArrayBuffer): Photo['type'] | null {
  const [a, b, c, d] = new Uint8Array(bytes.slice(0, 4));
  if (a === 0xff && b === 0xd8) return 'image/jpeg';
  if (a === 0x89 && b === 0x50 && c === 0x4e && d === 0x47) return 'image/png';
  return null;
}

/** Paths of what somebody took or chose; empty where they changed their mind. */
export const choosePhotos = (most: number) =>
  new Promise<string[]>((resolve) =>
    wx.chooseMedia({
      count: most,
      mediaType: ['image'],
      sourceType: ['camera', 'album'],
      sizeType: ['compressed'],
      success: ({ tempFiles }) => resolve(tempFiles.map(({ tempFilePath }) => tempFilePath)),
      fail: () => resolve([]),
    }),
  );

const smaller = (path: string) =>
  new Promise<string>((resolve) =>
    wx.compressImage({
      src: path,
      quality: QUALITY,
      compressedWidth: LONGEST_SIDE,
      success: ({ tempFilePath }) => resolve(tempFilePath),
      fail: () => resolve(path), // some phones only know JPEG
    }),
  );

const bytesOf = (path: string) =>
  new Promise<ArrayBuffer>((resolve, reject) =>
    files().readFile({ filePath: path, success: ({ data }) => resolve(data as ArrayBuffer), fail: ({ errMsg }) => reject(new Error(errMsg)) }),
  );

const widthOf = (path: string) =>
  new Promise<number>((resolve) => wx.getImageInfo({ src: path, success: ({ width, height }) => resolve(Math.max(width, height)), fail: () => resolve(0) }));

/** Throws where it is no photo that can be opened, or one that is too large. */
export async function photoAt(path: string, n: number): Promise<Photo> {
  const bytes = await bytesOf((await widthOf(path)) > LONGEST_SIDE ? await smaller(path) : path);
  const type = typeOf(bytes);
  if (!type || bytes.byteLength > MOST_BYTES) throw new Error('no picture');
  return { bytes, type, name: `照片${n}.${type === 'image/png' ? 'png' : 'jpg'}` };
}

let made = 0;
const places = new WeakMap<ArrayBuffer, string>();

/** A file with these bytes, for `<image>`; gone at the next launch. */
export function fileOf(bytes: ArrayBuffer, type: string): string {
  const known = places.get(bytes);
  if (known) return known;
  const path = `${wx.env.USER_DATA_PATH}/${SEEN}${Date.now()}-${made++}.${type === 'image/png' ? 'png' : 'jpg'}`;
  files().writeFileSync(path, bytes);
  places.set(bytes, path);
  return path;
}

export function forgetSeen(): void {
  try {
    for (const name of files().readdirSync(wx.env.USER_DATA_PATH)) {
      if (name.startsWith(SEEN)) files().unlinkSync(`${wx.env.USER_DATA_PATH}/${name}`);
    }
  } catch {
    // somebody else's files, or none: nothing is lost
  }
}
