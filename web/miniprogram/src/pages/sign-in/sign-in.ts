// An account, by its token. An installation with wx.login of its own puts that here in the field's place.
import { subjectOf } from '@client/tokens';
import { now, signIn, signOut } from '../../lib/city';
import { home, screen, title } from '../../lib/screen';
import { word } from '../../lib/words';

Component({
  behaviors: [screen('sign-in')],
  data: { isGuest: true, trouble: '', token: '' },
  methods: {
    onShow() {
      title(word('sign-in', 'title', now.isEnglish));
    },
    draw() {
      this.setData({ isGuest: now.resident?.isGuest ?? true });
    },
    write({ detail }: { detail: { value: string } }) {
      this.data.token = detail.value; // never drawn
    },
    async enter() {
      const bare = this.data.token.replace(/^Bearer\s+/i, '').trim();
      if (!bare) return this.setData({ trouble: word('sign-in', 'missing', now.isEnglish) });
      if (!subjectOf(bare)) return this.setData({ trouble: word('sign-in', 'noToken', now.isEnglish) }); // who is signed in stays so
      await signIn(bare);
      void home();
    },
    async leave() {
      await signOut();
      void home();
    },
  },
});
