// Photos go up with the token.
import { Failure } from '@client/transport';
import { transport } from './server';

export async function upload(file: File): Promise<string> {
  try {
    return await transport.upload(await file.arrayBuffer(), file.type);
  } catch (error) {
    throw error instanceof Failure ? error : new Error('连接中断，照片没有上传。');
  }
}
