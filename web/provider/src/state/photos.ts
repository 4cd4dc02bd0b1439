// A photo as it is worth sending from a street: upright, at most 2,048 pixels, a tenth of what the camera made of it.
import type { Picture } from '@client/outbox';

const LONGEST = 2_048;
const QUALITY = 0.82;

export interface Taken {
  key: number;
  name: string;
  kind: 'BEFORE' | 'AFTER';
  bytes: ArrayBuffer;
  type: string;
  takenAt: string;
  /** WGS-84; null where the phone does not say. */
  longitude: number | null;
  latitude: number | null;
  /** For looking at; revoke it when done. */
  url: string;
}

let made = 0;

/** `isProof`: it has to show when and where it was taken. */
export async function take(file: File, kind: Taken['kind'], isProof: boolean): Promise<Taken> {
  const [blob, here] = await Promise.all([smaller(file), isProof ? whereWeAre() : NOWHERE]);
  return {
    key: made++, name: file.name, kind, bytes: await blob.arrayBuffer(), type: blob.type, url: URL.createObjectURL(blob),
    takenAt: new Date(file.lastModified).toISOString(), ...here,
  };
}

/** As it goes into the outbox; a proof says when and where it was taken. */
export const pictureOf = ({ bytes, type, name, kind, takenAt, longitude, latitude }: Taken, isProof: boolean): Picture => ({
  bytes, type, name, about: isProof ? { kind, takenAt, longitude, latitude } : { kind },
});

const LOOK_MS = 8_000;
const NOWHERE = { longitude: null, latitude: null };

/** Where the phone is while the picture is taken; nulls where it may not or cannot say. */
const whereWeAre = (): Promise<Pick<Taken, 'longitude' | 'latitude'>> =>
  new Promise((found) => {
    const nowhere = () => found(NOWHERE);
    if (!('geolocation' in navigator)) return nowhere();
    setTimeout(nowhere, LOOK_MS); // also while the question whether it may is still open
    navigator.geolocation.getCurrentPosition(
      ({ coords: { longitude, latitude } }) => found({ longitude, latitude }),
      nowhere,
      { enableHighAccuracy: true, timeout: LOOK_MS, maximumAge: 60_000 },
    );
  });

async function smaller(file: File): Promise<Blob> {
  let picture: ImageBitmap;
  try {
    picture = await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch {
    throw new Error(`「${file.name}」不是可以读取的照片，请换一张 JPEG 或 PNG。`);
  }
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext('2d')!.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('照片无法处理，请重新拍摄。'))), 'image/jpeg', QUALITY),
  );
}
