// Photos from a phone: turned small enough to send over a bad line, and without the place and device a camera writes into them.
import type { Photo } from './core/report';
import { t } from './say';

const LONGEST_SIDE = 2_048;
const QUALITY = 0.85;
const MOST_BYTES = 40 * 1024 * 1024; // what a phone of few megabytes can still open; a photo has a tenth of it

/** Why a file is not taken, in a sentence. */
export class NoPhoto extends Error {}

export async function photoOf(file: File): Promise<Photo> {
  if (file.size > MOST_BYTES) throw new NoPhoto(t(`「${file.name}」太大（最大 40 MB），请换一张，或截图后再选。`, `“${file.name}” is too large (at most 40 MB); choose another one.`));
  const picture = await createImageBitmap(file).catch(() => {
    throw new NoPhoto(t(`「${file.name}」不是能打开的照片，请换一张（JPEG 或 PNG）。`, `“${file.name}” is no photo that can be opened; choose a JPEG or PNG.`));
  });
  try {
    const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    canvas.getContext('2d')!.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const small = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', QUALITY));
    if (!small) throw new Error('no picture');
    return { bytes: await small.arrayBuffer(), type: 'image/jpeg', name: file.name };
  } finally {
    picture.close();
  }
}
