// 我有话说: what the community asks its people, and a proposal of one's own.
import { CONSULTATION_STATES, SHOWN_STATES, type ConsultationListed } from '@core/consultations';
import { now, sentenceOf } from '../../lib/city';
import { keeper, pulled, screen, title, to } from '../../lib/screen';
import { moment, word } from '../../lib/words';

const own = keeper(() => ({ rows: null as readonly ConsultationListed[] | null, asked: 0 }));
const rowOf = ({ id, title: name, state, closesAt, myVote, isOverdue, division }: ConsultationListed) => ({
  id, name, state, place: division.name, until: moment(closesAt, now.isEnglish), isVoted: myVote != null, isOverdue,
  stateText: CONSULTATION_STATES[state][now.isEnglish ? 'en' : 'zh'],
});

Component({
  behaviors: [screen('voice')],
  data: { isKnown: false, hasApp: true, open: [] as ReturnType<typeof rowOf>[], over: [] as ReturnType<typeof rowOf>[], trouble: '' },
  methods: {
    onShow() {
      title(word('voice', 'title', now.isEnglish));
      void this.look();
    },
    onPullDownRefresh() {
      return pulled(() => this.look());
    },
    draw(changed: ReadonlySet<string> | null) {
      if (changed?.has('resident') || changed?.has('arrived')) void this.look();
      this.show();
    },
    show() {
      const { rows } = own(this);
      this.setData({
        isKnown: rows != null,
        hasApp: now.app != null,
        open: (rows ?? []).filter(({ state }) => state === 'OPEN').map(rowOf),
        over: (rows ?? []).filter(({ state }) => state !== 'OPEN').map(rowOf),
      });
    },
    async look() {
      const it = own(this);
      const mine = ++it.asked;
      if (!now.resident) return;
      try {
        const found = await Promise.all(SHOWN_STATES.map((state) => now.resident!.consultations(state)));
        if (mine !== it.asked) return;
        it.rows = found.flat();
        this.setData({ trouble: '' });
        this.show();
      } catch (error) {
        if (mine === it.asked) this.setData({ trouble: sentenceOf(error) });
      }
    },
    write: () => to('/pages/report/report?kind=VOICE'),
    enter({ currentTarget }: { currentTarget: { dataset: Record<string, string> } }) {
      to(`/pages/consultation/consultation?id=${encodeURIComponent(currentTarget.dataset['id']!)}`);
    },
  },
});
