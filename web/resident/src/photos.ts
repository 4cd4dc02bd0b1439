// Photos from a phone: turned small enough to send over a bad line, and without the place and device a camera writes into them.
import type { Photo } from './core/report';

const LONGEST_SIDE = 2_048;
const QUALITY = 0.85;

export async function photoOf(file: File): Promise<Photo> {
  const picture = await createImageBitmap(file);
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
