// What is on its way already: joining it is faster for everybody than handing it in again.
import type { Place } from '@core/report';
import { headline, placeOf, STAGES, STAGES_EN } from '@core/words';
import { HintsDocument, type HintsQuery } from '@documents';
import { now } from '../../lib/city';
import { keeper, screen, to } from '../../lib/screen';
import { moment } from '../../lib/words';

type Hint = HintsQuery['duplicateHints'][number];
const own = keeper(() => ({ asked: 0, hints: [] as readonly Hint[] }));
const isSent = (id: string) => now.entries.some(({ mutation, chain }) => mutation === 'caseFollow' && chain === id);
const line = (hint: Hint) => ({
  id: hint.caseId,
  number: hint.number,
  name: headline(hint.title),
  about: [placeOf(hint.title), moment(hint.submittedAt, now.isEnglish), (now.isEnglish ? STAGES_EN : STAGES)[hint.plainStage]].filter(Boolean).join(' · '),
  followers: hint.followers,
  isInView: hint.isInView,
  mayFollow: hint.mayFollow,
  isSent: isSent(hint.caseId),
});

Component({
  behaviors: [screen('hints')],
  properties: {
    matter: { type: String, value: '' },
    place: { type: Object, value: {} },
  },
  data: { lines: [] as ReturnType<typeof line>[], isGuest: true },
  observers: {
    'matter, place'() {
      void this.look();
    },
  },
  methods: {
    draw() {
      this.setData({ lines: own(this).hints.map(line), isGuest: now.resident?.isGuest ?? true });
    },
    async look() {
      const it = own(this);
      const mine = ++it.asked;
      const { matter } = this.data;
      const { grid, point } = this.data.place as Place;
      it.hints = [];
      this.draw();
      if (!matter || !(grid || point) || !now.resident) return;
      const at = grid ? { grid: grid.id } : { longitude: point!.longitude, latitude: point!.latitude };
      const found = await now.resident.query(HintsDocument, { matter, ...at }).catch(() => null); // a hint, not a condition
      if (mine !== it.asked || !found) return;
      it.hints = found.duplicateHints;
      this.draw();
    },
    async follow({ currentTarget }: { currentTarget: { dataset: Record<string, string> } }) {
      const hint = own(this).hints.find(({ caseId }) => caseId === currentTarget.dataset['id']);
      if (!hint || isSent(hint.caseId)) return;
      await now.resident!.outbox.add({ mutation: 'caseFollow', input: { caseId: hint.caseId }, chain: hint.caseId, words: { title: hint.title } });
      void wx.switchTab({ url: '/pages/mine/mine' });
    },
    see({ currentTarget }: { currentTarget: { dataset: Record<string, string> } }) {
      to(`/pages/case/case?number=${currentTarget.dataset['number']}`);
    },
  },
});
