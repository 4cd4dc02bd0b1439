// Everything somebody handed in or follows, live: by their account, or by number and token of each on this phone.
import type { CaseRow } from '@core/resident';
import type { KeptCase } from '@core/kept';
import { now, sentenceOf, stopWaiting } from '../../lib/city';
import { cardOf } from '../../lib/rows';
import { home, keeper, pulled, screen, tab, title } from '../../lib/screen';
import { word } from '../../lib/words';

const AGAIN_MS = 30_000; // without an account there is no stream of several cases
const MORE = 20;
const own = keeper(() => ({ rows: null as readonly CaseRow[] | null, isMore: false, lost: [] as readonly KeptCase[], asked: 0, stop: () => undefined as void, isShown: false }));

Component({
  behaviors: [screen('mine')],
  data: { isKnown: false, isEmpty: false, cards: [] as ReturnType<typeof cardOf>[], isMore: false, shown: MORE, lost: [] as string[], trouble: '' },
  lifetimes: {
    detached() {
      own(this).stop();
    },
  },
  methods: {
    onShow() {
      own(this).isShown = true;
      tab(this, 1);
      title(word('tabs', 'mine', now.isEnglish));
      this.follow();
    },
    onHide() {
      stopWaiting();
      own(this).isShown = false;
      own(this).stop();
    },
    onUnload() {
      own(this).stop();
    },
    onPullDownRefresh() {
      return pulled(() => this.look());
    },
    follow() {
      const it = own(this);
      it.stop();
      const { resident } = now;
      if (!resident || !it.isShown) return;
      if (resident.isGuest) {
        const timer = setInterval(() => void this.look(), AGAIN_MS);
        it.stop = () => clearInterval(timer);
      } else it.stop = resident.follow(null, () => void this.look());
      void this.look();
    },
    draw(changed: ReadonlySet<string> | null) {
      if (changed?.has('resident')) {
        own(this).rows = null;
        this.follow();
      } else if (changed?.has('arrived')) void this.look();
      if (own(this).isShown && changed?.has('isEnglish')) title(word('tabs', 'mine', now.isEnglish));
      this.show();
    },
    show() {
      const { rows, lost, isMore } = own(this);
      const { shown } = this.data;
      this.setData({
        isKnown: rows != null,
        isEmpty: rows?.length === 0 && !now.entries.length,
        cards: (rows ?? []).slice(0, shown).map((row) => cardOf(row, now.isEnglish)),
        isMore: isMore || (rows?.length ?? 0) > shown,
        lost: lost.map(({ number }) => number),
      });
    },
    async look() {
      const it = own(this);
      const mine = ++it.asked;
      try {
        const found = await now.resident?.mine({ most: this.data.shown });
        if (mine !== it.asked || !found) return;
        it.rows = found.rows;
        it.isMore = found.isMore;
        it.lost = found.lost;
        this.setData({ trouble: '' });
        this.show();
      } catch (error) {
        if (mine === it.asked) this.setData({ trouble: sentenceOf(error) });
      }
    },
    more() {
      this.setData({ shown: this.data.shown + MORE });
      this.show();
      void this.look();
    },
    forget({ currentTarget }: { currentTarget: { dataset: Record<string, string> } }) {
      now.resident?.kept.remove(currentTarget.dataset['number']!);
      void this.look();
    },
    go: () => home(),
  },
});
