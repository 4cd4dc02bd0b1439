// 你问我答: an answer in force with its source and how sure it is, or a person. What was asked stays on this phone.
import { judgeTask, LONGEST_QUESTION, questionTrouble, sureness, type Asked, type Told } from '@core/questions';
import { emptyDraft, taskOf, type Place } from '@core/report';
import { now, say, sentenceOf, stopWaiting, waitFor } from '../../lib/city';
import { usualPlace } from '../../lib/drafts';
import { keeper, screen, title, to } from '../../lib/screen';
import { moment, word } from '../../lib/words';

const own = keeper(() => ({ asked: 0, one: null as Asked | null, isShown: false }));
const toldOf = ({ id, question, answer, source, owner, validTo, confidence }: Told) => {
  const sure = sureness(confidence);
  return { id, question, answer, source, owner, validTo: validTo ?? '', sureness: now.isEnglish ? sure.en : sure.zh, percent: `${Math.round(confidence * 100)}%`, isSure: sure.isSure };
};
type Tap = { currentTarget: { dataset: Record<string, string> } };

Component({
  behaviors: [screen('ask')],
  data: {
    question: '', trouble: '', isAsking: false, one: '', shownQuestion: '', told: [] as ReturnType<typeof toldOf>[], isSure: false, verdict: '', number: '', isHanding: false,
    isPerson: false, place: {} as Place, personTrouble: '', history: [] as { id: string; question: string; at: string; number: string }[],
    length: '',
  },
  methods: {
    onShow() {
      own(this).isShown = true;
      title(word('ask', 'title', now.isEnglish));
      this.show();
    },
    onHide: () => stopWaiting(),
    onUnload: () => stopWaiting(),
    draw() {
      this.show();
    },
    show() {
      const it = own(this);
      const { resident, isEnglish, entries } = now;
      if (!resident) return;
      const all = resident.asked.all();
      if (it.one) it.one = all.find(({ id }) => id === it.one!.id) ?? it.one;
      const { one } = it;
      const isHanding = one != null && entries.some(({ words }) => words['asked'] === one.id);
      this.setData({
        one: one?.id ?? '',
        shownQuestion: one?.question ?? '',
        told: one ? one.told.map(toldOf) : [],
        isSure: one?.isSure ?? false,
        verdict: one?.verdict == null ? '' : one.verdict ? 'helped' : 'not',
        number: one?.number ?? '',
        isHanding,
        ...(one?.number || isHanding ? { isPerson: false } : {}),
        history: all.filter(({ id }) => id !== one?.id).slice(0, 10).map(({ id, question, at, number }) => ({ id, question, at: moment(at, isEnglish), number: number ?? '' })),
      });
    },
    write({ detail }: { detail: { value: string } }) {
      const count = [...detail.value].length;
      this.setData({ question: detail.value, trouble: '', length: count > LONGEST_QUESTION - 50 ? `${count} / ${LONGEST_QUESTION}` : '' });
    },
    async ask() {
      const it = own(this);
      const { question } = this.data;
      const wrong = questionTrouble(question);
      if (wrong) return this.setData({ trouble: now.isEnglish ? wrong.en : wrong.zh });
      if (this.data.isAsking || !now.resident) return;
      const mine = ++it.asked;
      this.setData({ isAsking: true, trouble: '' });
      try {
        const found = await now.resident.ask(question, usualPlace()?.grid?.id ?? null);
        if (mine !== it.asked) return;
        it.one = found;
        this.setData({ isPerson: false, personTrouble: '' });
        this.show();
      } catch (error) {
        this.setData({ trouble: `${sentenceOf(error)}${say('问题还在，可以稍后再问。', ' Your question is still here.')}` });
      } finally {
        this.setData({ isAsking: false });
      }
    },
    async judge(isSolved: boolean) {
      const { one } = own(this);
      const [best] = one?.told ?? [];
      if (!one || !best || !now.resident || this.data.verdict) return;
      now.resident.asked.judge(one.id, isSolved);
      this.show();
      await now.resident.outbox.add(judgeTask(best.id, isSolved, best.question));
      if (!isSolved) this.person();
    },
    helped() {
      void this.judge(true);
    },
    notHelped() {
      void this.judge(false);
    },
    person() {
      this.setData({ isPerson: true, place: this.data.place.grid || this.data.place.point ? this.data.place : (usualPlace() ?? {}), personTrouble: '' });
    },
    placed({ detail }: { detail: Place }) {
      this.setData({ place: detail, personTrouble: '' });
    },
    async handIn() {
      const { one } = own(this);
      const { place } = this.data;
      if (!one || !now.resident || this.data.isHanding || this.data.number) return;
      if (!place.grid && !place.point) return this.setData({ personTrouble: word('ask', 'where', now.isEnglish) });
      this.setData({ isHanding: true });
      try {
        const entry = await now.resident.outbox.add(taskOf({ ...emptyDraft('QUESTION'), text: one.question, place, asked: one.id }));
        this.show();
        if (now.isOnline) waitFor(entry.id, (number) => to(`/pages/case/case?number=${number}`));
      } catch {
        this.setData({ isHanding: false, personTrouble: say('手机存储空间不够，没有存下。', 'The phone is full: it was not kept.') });
      }
    },
    follow() {
      to(`/pages/case/case?number=${this.data.number}`);
    },
    open({ currentTarget }: Tap) {
      own(this).one = now.resident?.asked.all().find(({ id }) => id === currentTarget.dataset['id']) ?? null;
      this.setData({ isPerson: false });
      this.show();
    },
    forget({ currentTarget }: Tap) {
      now.resident?.asked.remove(currentTarget.dataset['id']!);
      this.show();
    },
  },
});
