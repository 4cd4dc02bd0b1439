// What this app is for, drawn from the app itself: name, colour, scenes. Nothing of it is built in.
import type { CaseRow } from '@core/resident';
import { now, scenes, setEnglish, signOut } from '../../lib/city';
import { fileOf } from '../../lib/photos';
import { cardOf } from '../../lib/rows';
import { keeper, screen, tab, title, to } from '../../lib/screen';
import { word } from '../../lib/words';

const own = keeper(() => ({ rows: [] as readonly CaseRow[], asked: 0, isShown: false, logo: '' }));

Component({
  behaviors: [screen('home')],
  data: {
    name: '', place: '', logo: '', isReady: false, isUnknown: false, isGuest: true,
    scenes: [] as { kind: string; name: string; also: string; about: string }[], latest: [] as ReturnType<typeof cardOf>[],
  },
  methods: {
    onShow() {
      own(this).isShown = true;
      tab(this, 0);
      this.draw(null);
      void this.look();
    },
    onHide() {
      own(this).isShown = false;
    },
    draw(changed: ReadonlySet<string> | null) {
      const { isEnglish, app, appState, resident } = now;
      const name = app?.name ?? word('home', 'name', isEnglish);
      const of = (kind: string, what = '') => word('scenes', kind + what, isEnglish);
      this.setData({
        name,
        place: app?.division.name ?? '',
        isReady: appState === 'ready' && resident != null,
        isUnknown: appState === 'unknown',
        isGuest: resident?.isGuest ?? true,
        scenes: scenes().map(({ kind }) => ({ kind, name: of(kind), also: word('scenes', kind, !isEnglish), about: of(kind, '_about') })),
        latest: own(this).rows.slice(0, 2).map((row) => cardOf(row, isEnglish)),
      });
      void this.lookAtLogo();
      if (own(this).isShown) title(name);
      if (changed?.has('resident') || changed?.has('arrived')) void this.look();
    },
    async lookAtLogo() {
      const it = own(this);
      const id = now.app?.logoId ?? '';
      if (!now.resident || it.logo === id) return;
      it.logo = id;
      this.setData({ logo: '' });
      const got = id ? await now.resident.download('', `/files/${id}`).catch(() => null) : null; // the name stands there all the same
      if (!got && it.logo === id) it.logo = '';
      if (got && it.logo === id) this.setData({ logo: fileOf(got.bytes, got.type) });
    },
    async look() {
      const it = own(this);
      const mine = ++it.asked;
      const found = await now.resident?.mine({ most: 2 }).catch(() => null); // the list says what is wrong; here it is only a glance
      if (!found || mine !== it.asked) return;
      it.rows = found.rows;
      this.setData({ latest: it.rows.slice(0, 2).map((row) => cardOf(row, now.isEnglish)) });
    },
    enter({ currentTarget }: { currentTarget: { dataset: Record<string, string> } }) {
      const { kind } = currentTarget.dataset;
      if (kind === 'QUESTION') to('/pages/ask/ask');
      else if (kind === 'VOICE') to('/pages/voice/voice');
      else to(`/pages/report/report?kind=${kind}`);
    },
    /** Sent on, it opens as the same community's. */
    onShareAppMessage() {
      return { title: this.data.name, path: `/pages/home/home${now.app ? `?app=${now.app.code}` : ''}` };
    },
    language: () => void setEnglish(!now.isEnglish),
    signIn: () => to('/pages/sign-in/sign-in'),
    signOut: () => void signOut(),
  },
});
