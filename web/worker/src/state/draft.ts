// What is being written, kept with every stroke: a call, the back button or an empty battery costs nothing.
import { newKey } from '@client/intents';
import { t } from '@shared/language';
import { shrink } from '@shared/pictures';
import type { Draft, DraftPicture } from '@shared/kept';
import { onBeforeUnmount, reactive, ref, shallowRef, toRaw, watch, type Ref, type ShallowRef } from 'vue';
import { keptNow } from './page';

const QUIET_MS = 250;

export interface Writing<F extends object> {
  form: F;
  pictures: ShallowRef<readonly DraftPicture[]>;
  isReady: Ref<boolean>;
  trouble: Ref<string | null>;
  /** The sentence that says why something was not taken; null where everything was. */
  take(files: readonly File[], kind: DraftPicture['kind']): Promise<string | null>;
  drop(one: DraftPicture): Promise<void>;
  draft(): Draft<F>;
  /** It is in the outbox now: away with it. */
  done(): Promise<void>;
}

export function useDraft<F extends object>(name: string, empty: () => F): Writing<F> {
  const kept = keptNow();
  const home = `drafts/${name}/`;
  const form = reactive(empty()) as F;
  const pictures = shallowRef<readonly DraftPicture[]>([]);
  const isReady = ref(false);
  const trouble = ref<string | null>(null);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;

  const draft = () => ({ form: JSON.parse(JSON.stringify(toRaw(form))) as F, pictures: pictures.value });
  const keepNow = async () => {
    clearTimeout(timer);
    if (isOver || !isReady.value) return;
    await kept.put(`${home}form`, draft()).catch(() => (trouble.value = t('手机存储已满，内容没有存成草稿。请先清理空间，或尽快提交。', 'The phone is full: this is not kept as a draft.')));
  };

  void kept.get<Draft<F>>(`${home}form`).then((known) => {
    if (known) {
      Object.assign(form, known.form);
      pictures.value = known.pictures;
    }
    isReady.value = true;
    watch([form, pictures], () => {
      clearTimeout(timer);
      timer = setTimeout(() => void keepNow(), QUIET_MS);
    });
  });
  const hidden = () => document.visibilityState === 'hidden' && void keepNow();
  document.addEventListener('visibilitychange', hidden);
  onBeforeUnmount(() => {
    document.removeEventListener('visibilitychange', hidden);
    void keepNow();
  });

  async function take(files: readonly File[], kind: DraftPicture['kind']): Promise<string | null> {
    let told: string | null = null;
    for (const file of files) {
      try {
        const { bytes, type, name: title } = await shrink(file);
        const key = `${home}photos/${newKey()}`;
        try {
          await kept.putBytes(key, bytes);
        } catch {
          return t('手机存储已满，照片没有保存。请清理空间后再拍。', 'The phone is full: the photo was not kept.');
        }
        pictures.value = [...pictures.value, { key, type, name: title, kind }];
      } catch {
        told = t(`「${file.name}」不是照片，请选择 JPEG 或 PNG 图片。`, `"${file.name}" is not a photo: choose JPEG or PNG.`);
      }
    }
    await keepNow();
    return told;
  }

  async function drop(one: DraftPicture): Promise<void> {
    pictures.value = pictures.value.filter((it) => it !== one);
    await keepNow();
    await kept.remove(one.key);
  }

  async function done(): Promise<void> {
    isOver = true;
    clearTimeout(timer);
    await kept.clear(home);
    Object.assign(form, empty());
    pictures.value = [];
    isOver = false;
  }

  return { form, pictures, isReady, trouble, take, drop, draft, done };
}
