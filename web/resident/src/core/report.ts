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
  /** 回访: answer by telephone; needs `phone`. */
  isCalled: boolean;
  /** 代办: for whom it is handed in; an empty name for oneself. */
  other: { name: string; phone: string };
  /** The question of this phone's history that is put to a person. */
  asked: string | null;
}

export const LONGEST_TEXT = 4_000;
export const LONGEST_ADDRESS = 200;
export const LONGEST_NAME = 40;
export const MOST_PHOTOS = 9;

export const emptyDraft = (kind: Scene['kind']): Draft => ({
  kind, photos: [], matter: null, place: null, text: '', address: '', phone: '', isCalled: false, other: { name: '', phone: '' }, asked: null,
});

export type Missing = 'what' | 'place' | 'long' | 'phone' | 'call' | 'other';
const SENTENCES: Readonly<Record<Missing, { zh: string; en: string }>> = {
  what: { zh: '请选一个事项，或写几句话说明情况。', en: 'Choose a matter, or describe it in a few words.' },
  place: { zh: '请选择地点。', en: 'Please choose a place.' },
  long: { zh: `说明最多 ${LONGEST_TEXT} 字，地址最多 ${LONGEST_ADDRESS} 字，姓名最多 ${LONGEST_NAME} 字，请缩短一些。`, en: `At most ${LONGEST_TEXT} characters of text, ${LONGEST_ADDRESS} of address, ${LONGEST_NAME} of a name.` },
  phone: { zh: '电话只能有数字、空格、+ 和 -，最多 20 位。', en: 'A phone number has digits, spaces, + and -, at most 20.' },
  call: { zh: '要电话答复，请填写联系电话。', en: 'To be called back, give a phone number.' },
  other: { zh: '替别人办，请填写对方的姓名。', en: 'Give the name of the person you act for.' },
};
export const sentenceOf = (missing: Missing, isEnglish = false) => SENTENCES[missing][isEnglish ? 'en' : 'zh'];
const isPhone = (text: string) => /^[0-9+\- ]{1,20}$/.test(text);

/** What has to be put right before it can be sent; null where nothing has. */
export function missingIn(draft: Draft): Missing | null {
  if (!draft.matter && !draft.text.trim()) return 'what';
  if (!draft.place) return 'place';
  if (lengthOf(draft.text) > LONGEST_TEXT || lengthOf(draft.address) > LONGEST_ADDRESS) return 'long';
  if (lengthOf(draft.other.name.trim()) > LONGEST_NAME) return 'long';
  if (draft.other.phone.trim() && !draft.other.name.trim()) return 'other';
  if ([draft.phone, draft.other.phone].some((one) => one.trim() && !isPhone(one.trim()))) return 'phone';
  if (draft.isCalled && !draft.phone.trim()) return 'call';
  return null;
}

export function taskOf(draft: Draft): Task {
  const { matter, place } = draft;
  const [phone, name, otherPhone] = [draft.phone, draft.other.name, draft.other.phone].map((one) => one.trim());
  const text = draft.text.trim();
  const address = draft.address.trim();
  return {
    mutation: 'caseSubmit',
    input: {
      kind: draft.kind,
      description: text || (draft.photos.length ? `${matter?.name ?? ''}（见照片）` : (matter?.name ?? '')),
      ...(matter ? { matter: matter.id } : {}),
      ...(place?.grid ? { grid: place.grid.id } : {}),
      ...(place?.point ? { point: { longitude: place.point.longitude, latitude: place.point.latitude } } : {}),
      ...(address ? { address } : {}),
      ...(phone ? { contact: { phone } } : {}),
      ...(draft.isCalled ? { channel: 'PHONE' } : {}),
      ...(name ? { onBehalfOf: { name, ...(otherPhone ? { phone: otherPhone } : {}) } } : {}),
    },
    pictures: draft.photos.map((one) => ({ ...one, about: { kind: 'BEFORE' } })),
    words: { kind: draft.kind, title: matter?.name ?? text.slice(0, 20), place: place?.grid?.name ?? '当前位置', ...(draft.asked ? { asked: draft.asked } : {}), draft: { ...draft, photos: [] } },
  };
}
