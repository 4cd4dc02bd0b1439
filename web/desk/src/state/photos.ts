// Photos go up and come down with the token: an address alone opens nothing.
import { tokens } from './tokens';

const SENTENCES: Readonly<Record<number, string>> = {
  401: '登录已到期,请换上新的令牌后重试。',
  413: '照片太大。',
  415: '只接受 JPEG 或 PNG 照片。',
  429: '上传过于频繁,请稍后再试。',
};

export async function upload(file: File): Promise<string> {
  const answer = await fetch('/files', {
    method: 'POST',
    headers: { Authorization: `Bearer ${await tokens.current()}`, 'Content-Type': file.type, 'Accept-Language': 'zh-CN' },
    body: file,
  }).catch(() => null);
  if (!answer) throw new Error('连接中断,照片没有上传。');
  if (!answer.ok) throw new Error(SENTENCES[answer.status] ?? `照片没有上传(${answer.status})。`);
  return ((await answer.json()) as { id: string }).id;
}

export async function download(url: string): Promise<Blob> {
  const answer = await fetch(url, { headers: { Authorization: `Bearer ${await tokens.current()}` } });
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.blob();
}
