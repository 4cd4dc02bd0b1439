// Photo, what, where, send: three taps after the photo. What is sent is kept on the phone first.
import { LONGEST_TEXT, MOST_PHOTOS, missingIn, sentenceOf as sentenceFor, taskOf, type Draft, type Place } from '@core/report';
import { lengthOf, sceneOf, type Scene } from '@core/words';
import { MattersDocument } from '@documents';
import { change, now, say, waitFor } from '../../lib/city';
import { clearDraft, draftOf, keepDraft, photosOf } from '../../lib/drafts';
import { known } from '../../lib/known';
import { choosePhotos, fileOf, photoAt } from '../../lib/photos';
import { keeper, screen, title } from '../../lib/screen';
import { word } from '../../lib/words';

const FIRST = 8;
interface Matter {
  id: string;
  name: string;
}
const own = keeper(() => ({ draft: null as Draft | null, matters: [] as Matter[], isGone: false }));
type Tap = { currentTarget: { dataset: Record<string, string> } };
type Written = Tap & { detail: { value: string } };

Component({
  behaviors: [screen('report')],
  data: {
    kind: '', ask: '', askAlso: '', photos: [] as string[], mayAdd: true, isReading: false,
    matters: [] as Matter[], matter: '', isAll: false, count: 0, mayFind: false, find: '',
    text: '', length: '', place: {} as Place, address: '', phone: '', isCalled: false, otherName: '', otherPhone: '', isMore: false,
    trouble: '', isSending: false,
  },
  methods: {
    onLoad({ kind = 'PROBLEM' }: { kind?: string }) {
      const scene = sceneOf(kind);
      if (!scene) return;
      own(this).draft = draftOf(scene.kind);
      const coming = photosOf(own(this).draft!);
      this.setData({ kind: scene.kind, isReading: coming != null });
      void coming?.then(() => {
        this.setData({ isReading: false });
        this.draw();
      });
      known(MattersDocument, { text: null }, ({ matters }) => {
        own(this).matters = matters.edges.map(({ node }) => node).filter((one) => one.kind === scene.kind);
        this.offer();
      });
      this.draw();
    },
    onShow() {
      this.draw(); // a refused one may have been taken up again
    },
    onUnload() {
      own(this).isGone = true;
    },
    draw() {
      const { draft } = own(this);
      if (!draft) return;
      const kind: Scene['kind'] = draft.kind;
      title(word('scenes', kind, now.isEnglish));
      this.setData({
        ask: word('scenes', `${kind}_ask`, now.isEnglish),
        askAlso: word('scenes', `${kind}_ask`, !now.isEnglish),
        photos: draft.photos.map(({ bytes, type }) => fileOf(bytes, type)),
        mayAdd: draft.photos.length < MOST_PHOTOS,
        text: draft.text,
        length: lengthOf(draft.text) > LONGEST_TEXT - 500 ? `${lengthOf(draft.text)} / ${LONGEST_TEXT}` : '',
        place: draft.place ?? {},
        address: draft.address, phone: draft.phone, isCalled: draft.isCalled, otherName: draft.other.name, otherPhone: draft.other.phone,
      });
      this.offer();
    },
    /** The matters to choose from; the chosen one always among them. */
    offer() {
      const { matters, draft } = own(this);
      if (!draft) return;
      const { find, isAll } = this.data;
      const right = matters.filter(({ name }) => name.includes(find.trim()));
      const few = isAll ? right : right.slice(0, FIRST);
      const { matter } = draft;
      const shown = matter && !few.some(({ id }) => id === matter.id) ? [matter, ...few] : few;
      this.setData({ matters: shown.map(({ id, name }) => ({ id, name })), matter: matter?.id ?? '', count: right.length, mayFind: matters.length > FIRST });
    },
    /** What was written is a draft from the first letter on. */
    put(what: Partial<Draft>) {
      const { draft } = own(this);
      if (!draft) return;
      Object.assign(draft, what);
      keepDraft(draft);
      if (this.data.trouble) this.setData({ trouble: '' });
    },
    async take() {
      const { draft } = own(this);
      if (!draft || this.data.isReading) return;
      const paths = await choosePhotos(MOST_PHOTOS - draft.photos.length);
      this.setData({ isReading: true, trouble: '' });
      for (const path of paths) {
        try {
          draft.photos.push(await photoAt(path, draft.photos.length + 1));
        } catch {
          this.setData({ trouble: say('有一张不是能打开的照片，或照片太大，请换一张。', 'One of them is no photo we can open, or too large; please take another.') });
        }
      }
      keepDraft(draft);
      this.setData({ isReading: false });
      this.draw();
    },
    drop({ currentTarget }: Tap) {
      const { draft } = own(this);
      draft?.photos.splice(Number(currentTarget.dataset['at']), 1);
      if (draft) keepDraft(draft);
      this.draw();
    },
    find({ detail }: Written) {
      this.setData({ find: detail.value });
      this.offer();
    },
    all() {
      this.setData({ isAll: true });
      this.offer();
    },
    pick({ currentTarget }: Tap) {
      const found = this.data.matters.find(({ id }) => id === currentTarget.dataset['id']);
      const isChosen = found?.id === this.data.matter;
      this.put({ matter: isChosen || !found ? null : { id: found.id, name: found.name } });
      this.offer();
    },
    write({ currentTarget, detail }: Written) {
      const name = currentTarget.dataset['name'] as 'text' | 'address' | 'phone';
      this.put({ [name]: detail.value });
      if (name === 'text') this.setData({ text: detail.value, length: lengthOf(detail.value) > LONGEST_TEXT - 500 ? `${lengthOf(detail.value)} / ${LONGEST_TEXT}` : '' });
    },
    writeOther({ currentTarget, detail }: Written) {
      const { draft } = own(this);
      if (draft) this.put({ other: { ...draft.other, [currentTarget.dataset['name']!]: detail.value } });
    },
    call({ detail }: { detail: { value: boolean } }) {
      this.put({ isCalled: detail.value });
    },
    placed({ detail }: { detail: Place }) {
      this.put({ place: detail });
      this.setData({ place: detail });
    },
    more() {
      this.setData({ isMore: !this.data.isMore });
    },
    async send() {
      const { draft } = own(this);
      if (!draft || this.data.isSending || this.data.isReading || !now.resident) return;
      const missing = missingIn(draft);
      if (missing) return this.setData({ trouble: sentenceFor(missing, now.isEnglish) });
      this.setData({ isSending: true });
      try {
        const entry = await now.resident.outbox.add(taskOf({ ...draft, photos: [...draft.photos] }));
        clearDraft(draft);
        change({ notice: null });
        void wx.switchTab({ url: '/pages/mine/mine' });
        if (now.isOnline) waitFor(entry.id, (number) => void wx.navigateTo({ url: `/pages/case/case?number=${number}` }));
      } catch {
        this.setData({ trouble: say('手机存储空间不够，没有存下。请清理空间，或减少照片后再提交；已写的内容都还在。', 'The phone is full: it was not kept. Free some space or send fewer photos; what you wrote is still here.') });
      } finally {
        if (!own(this).isGone) this.setData({ isSending: false });
      }
    },
  },
});
