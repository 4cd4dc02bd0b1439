// One consultation: what is asked, one vote, and what it came to.
import { resultOf, voteTask, voteTrouble, type Ballot, type ConsultationShown } from '@core/consultations';
import { now, say, sentenceOf } from '../../lib/city';
import { keeper, screen, title, to } from '../../lib/screen';
import { moment, word } from '../../lib/words';

const own = keeper(() => ({ id: '', one: null as ConsultationShown | null, ballot: null as Ballot | null, asked: 0 }));

Component({
  behaviors: [screen('consultation')],
  data: {
    id: '', isGone: false, trouble: '', name: '', text: '', who: '', until: '', answerBy: '', isOpen: false, isGuest: true,
    options: [] as { at: number; option: string; isChosen: boolean; isMine: boolean }[], words: '', isVoted: false, isWaiting: false, voteTrouble: '',
    result: [] as NonNullable<ReturnType<typeof resultOf>>, voters: 0, topics: '', answer: '', answeredAt: '', isOver: false,
  },
  methods: {
    onLoad({ id = '' }: { id?: string }) {
      own(this).id = decodeURIComponent(id);
    },
    onShow() {
      title(word('consultation', 'title', now.isEnglish));
      void this.look();
    },
    draw(changed: ReadonlySet<string> | null) {
      if (changed?.has('resident') || changed?.has('arrived')) void this.look();
      this.show();
    },
    async look() {
      const it = own(this);
      const mine = ++it.asked;
      if (!now.resident || !it.id) return;
      try {
        const found = await now.resident.consultation(it.id);
        if (mine !== it.asked) return;
        it.one = found;
        if (found) it.ballot ??= { choice: found.myVote?.choice ?? null, words: found.myVote?.words ?? '' };
        this.setData({ isGone: !found, trouble: '' });
        this.show();
      } catch (error) {
        if (mine === it.asked) this.setData({ trouble: sentenceOf(error) });
      }
    },
    show() {
      const { one, ballot } = own(this);
      if (!one) return;
      const { isEnglish } = now;
      this.setData({
        id: one.id, name: one.title, text: one.text,
        who: `${one.division.name} ${one.askedName}`,
        until: moment(one.closesAt, isEnglish),
        answerBy: moment(one.answerBy, isEnglish),
        isOpen: one.state === 'OPEN',
        isOver: one.state === 'CLOSED' || one.state === 'ANSWERED',
        isGuest: now.resident?.isGuest ?? true,
        options: one.options.map((option, at) => ({ at, option, isChosen: ballot?.choice === at, isMine: one.myVote?.choice === at })),
        words: ballot?.words ?? '',
        isVoted: one.myVote != null,
        isWaiting: now.entries.some(({ mutation, chain, state }) => mutation === 'consultationVote' && chain === one.id && state !== 'refused'),
        result: resultOf(one) ?? [],
        voters: one.digest?.voters ?? 0,
        topics: (one.digest?.topics ?? []).map(({ term, people }) => (isEnglish ? `${term} × ${people}` : `${term} ${people} 人`)).join(isEnglish ? ', ' : '、'),
        answer: one.answer ?? '',
        answeredAt: one.answeredAt ? moment(one.answeredAt, isEnglish) : '',
      });
    },
    choose({ currentTarget }: { currentTarget: { dataset: Record<string, string | number> } }) {
      const { ballot } = own(this);
      if (!ballot || !this.data.isOpen || this.data.isGuest) return;
      ballot.choice = Number(currentTarget.dataset['at']);
      this.setData({ voteTrouble: '' });
      this.show();
    },
    write({ detail }: { detail: { value: string } }) {
      const { ballot } = own(this);
      if (ballot) ballot.words = detail.value;
    },
    async vote() {
      const { one, ballot } = own(this);
      if (!one || !ballot || !now.resident || this.data.isWaiting) return;
      const wrong = voteTrouble(ballot, one);
      if (wrong) return this.setData({ voteTrouble: now.isEnglish ? wrong.en : wrong.zh });
      this.setData({ isWaiting: true, voteTrouble: '' });
      try {
        await now.resident.outbox.add(voteTask(one, ballot));
      } catch {
        this.setData({ isWaiting: false, voteTrouble: say('手机存储空间不够，没有存下。', 'The phone is full: it was not kept.') });
      }
    },
    signIn: () => to('/pages/sign-in/sign-in'),
  },
});
