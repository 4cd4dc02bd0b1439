// What was done and has not arrived yet, and what the city said no to: each with a way on.
import type { Entry } from '@client/outbox';
import type { Draft } from '@core/report';
import { now } from '../../lib/city';
import { takeUp } from '../../lib/drafts';
import { screen, to } from '../../lib/screen';
import { moment, word } from '../../lib/words';

function sentence({ state, errors }: Entry): string {
  if (state === 'refused') return errors.map(({ message }) => message).join(' ');
  return word('waiting', state === 'waiting' ? (now.isOnline ? 'waits' : 'kept') : state, now.isEnglish);
}

const line = (entry: Entry) => ({
  id: entry.id,
  state: entry.state,
  name: word('acts', entry.mutation, now.isEnglish) || String(entry.words['title'] ?? ''),
  about: word('acts', entry.mutation, now.isEnglish) ? String(entry.words['title'] ?? '') : '',
  at: moment(entry.keptAt, now.isEnglish),
  photos: entry.pictures.length,
  sentence: sentence(entry),
  mayChange: entry.state === 'refused' && entry.words['draft'] != null,
  mayRetry: entry.state === 'unsure' || (entry.state === 'refused' && entry.words['draft'] == null),
  isReport: entry.mutation === 'caseSubmit',
  mayDrop: entry.state === 'refused' || entry.state === 'unsure' || (entry.attempts === 0 && !now.isOnline),
});
type Tap = { currentTarget: { dataset: Record<string, string> } };

Component({
  behaviors: [screen('waiting')],
  properties: {
    /** Only what was done to this; everything where empty. */
    chain: { type: String, value: '' },
    isAll: { type: Boolean, value: false },
  },
  data: { lines: [] as ReturnType<typeof line>[] },
  observers: {
    chain() {
      this.draw();
    },
  },
  methods: {
    draw() {
      const { chain, isAll } = this.data;
      const shown = now.entries.filter((one) => isAll || (one.chain === chain && one.state !== 'sending'));
      this.setData({ lines: shown.map(line) });
    },
    async retry({ currentTarget }: Tap) {
      await now.resident?.outbox.retry(currentTarget.dataset['id']!);
    },
    async drop({ currentTarget }: Tap) {
      await now.resident?.outbox.discard(currentTarget.dataset['id']!);
    },
    async change({ currentTarget }: Tap) {
      const box = now.resident!.outbox;
      const entry = box.entries.find(({ id }) => id === currentTarget.dataset['id']);
      if (!entry) return;
      const draft = entry.words['draft'] as Draft;
      const photos = [];
      for (const one of entry.pictures) {
        const bytes = await box.picture(one);
        if (bytes) photos.push({ bytes, type: one.type as 'image/jpeg', name: one.name });
      }
      takeUp({ ...draft, photos });
      await box.discard(entry.id);
      to(`/pages/report/report?kind=${draft.kind}`);
    },
  },
});
