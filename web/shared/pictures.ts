// A photo as it goes up: small enough for a bad line, sharp enough to see a crack. Phones take four to eight megabytes.
const LONGEST_SIDE = 1_600;
const QUALITY = 0.82;
const SMALL_ENOUGH = 400_000;
const TAKEN = ['image/jpeg', 'image/png'];

export interface Shot {
  bytes: ArrayBuffer;
  type: string;
  name: string;
}

/** Throws where this machine cannot open the file as a picture: better now than when it is sent, hours later. */
export async function shrink(file: File): Promise<Shot> {
  const image = await createImageBitmap(file);
  const asIs = async () => ({ bytes: await file.arrayBuffer(), type: file.type, name: file.name });
  const isTaken = TAKEN.includes(file.type);
  try {
    if (isTaken && file.size <= SMALL_ENOUGH) return await asIs();
    const scale = Math.min(1, LONGEST_SIDE / Math.max(image.width, image.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(image.width * scale);
    canvas.height = Math.round(image.height * scale);
    canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
    const small = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/jpeg', QUALITY));
    if (!small) throw new Error('no picture');
    return { bytes: await small.arrayBuffer(), type: 'image/jpeg', name: file.name.replace(/\.\w+$/, '') + '.jpg' };
  } catch (error) {
    if (isTaken) return asIs();
    throw error;
  } finally {
    image.close();
  }
}
