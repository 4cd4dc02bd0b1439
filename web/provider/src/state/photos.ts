// A photo as it is worth sending from a street: upright, at most 2,048 pixels, a tenth of what the camera made of it.
const LONGEST = 2_048;
const QUALITY = 0.82;

export interface Taken {
  key: number;
  name: string;
  kind: 'BEFORE' | 'AFTER';
  bytes: ArrayBuffer;
  type: string;
  /** For looking at; revoke it when done. */
  url: string;
}

let made = 0;

export async function take(file: File, kind: Taken['kind']): Promise<Taken> {
  const blob = await smaller(file);
  return { key: made++, name: file.name, kind, bytes: await blob.arrayBuffer(), type: blob.type, url: URL.createObjectURL(blob) };
}

async function smaller(file: File): Promise<Blob> {
  let picture: ImageBitmap;
  try {
    picture = await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch {
    throw new Error(`「${file.name}」不是可以读取的照片,请换一张 JPEG 或 PNG。`);
  }
  const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  canvas.getContext('2d')!.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('照片无法处理,请重新拍摄。'))), 'image/jpeg', QUALITY),
  );
}
