// Photos go up and come down with the token: an address alone opens nothing.
import { Failure } from '@client/transport';
import { transport } from './server';

export async function upload(file: File): Promise<string> {
  try {
    return await transport.upload(await file.arrayBuffer(), file.type);
  } catch (error) {
    throw error instanceof Failure ? error : new Error('连接中断,照片没有上传。');
  }
}

export async function download(url: string): Promise<Blob> {
  const { bytes, type } = await transport.download(url);
  return new Blob([bytes], { type });
}
