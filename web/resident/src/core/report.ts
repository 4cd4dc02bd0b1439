// A report while it is being written, and what is sent of it.
import type { Task } from '@client/outbox';
import { lengthOf, type Scene } from './words';

export interface Photo {
  bytes: ArrayBuffer;
  type: 'image/jpeg' | 'image/png';
  name: string;
}

export interface Place {
  /** A grid, or a point: the nearest grid is taken then. */
  grid?: { id: string; name: string };
  point?: { longitude: number; latitude: number; metres: number };
}

export interface Draft {
  kind: Scene['kind'];
  photos: Photo[];
  matter: { id: string; name: string } | null;
  place: Place | null;
  text: string;
  address: string;
  phone: string;
}

export const LONGEST_TEXT = 4_000;
export const LONGEST_ADDRESS = 200;
export const MOST_PHOTOS = 9;

export const emptyDraft = (kind: Scene['kind']): Draft => ({
  kind, photos: [], matter: null, place: null, text: '', address: '', phone: '',
});

export type Missing = 'what' | 'place' | 'long' | 'phone';
const SENTENCES: Readonly<Record<Missing, string>> = {
  what: '请选一个事项,或写几句话说明情况。',
  place: '请选择地点。',
  long: `说明最多 ${LONGEST_TEXT} 字,地址最多 ${LONGEST_ADDRESS} 字,请缩短一些。`,
  phone: '电话只能有数字、空格、+ 和 -,最多 20 位。',
};
export const sentenceOf = (missing: Missing) => SENTENCES[missing];

/** What has to be put right before it can be sent; null where nothing has. */
export function missingIn(draft: Draft): Missing | null {
  if (!draft.matter && !draft.text.trim()) return 'what';
  if (!draft.place) return 'place';
  if (lengthOf(draft.text) > LONGEST_TEXT || lengthOf(draft.address) > LONGEST_ADDRESS) return 'long';
  if (draft.phone && !/^[0-9+\- ]{1,20}$/.test(draft.phone)) return 'phone';
  return null;
}

export function taskOf(draft: Draft): Task {
  const { matter, place, phone } = draft;
  const text = draft.text.trim();
  const address = draft.address.trim();
  return {
    mutation: 'caseSubmit',
    input: {
      kind: draft.kind,
      description: text || (draft.photos.length ? `${matter?.name ?? ''}(见照片)` : (matter?.name ?? '')),
      ...(matter ? { matter: matter.id } : {}),
      ...(place?.grid ? { grid: place.grid.id } : {}),
      ...(place?.point ? { point: { longitude: place.point.longitude, latitude: place.point.latitude } } : {}),
      ...(address ? { address } : {}),
      ...(phone ? { contact: { phone } } : {}),
    },
    pictures: draft.photos.map((one) => ({ ...one, about: { kind: 'BEFORE' } })),
    words: { kind: draft.kind, title: matter?.name ?? text.slice(0, 20), place: place?.grid?.name ?? '当前位置', draft: { ...draft, photos: [] } },
  };
}
