// What is wrong with the line or the sign-in, and what just happened; each with a way on.
import { now, signOut } from '../../lib/city';
import { screen, to } from '../../lib/screen';
import { word } from '../../lib/words';

Component({
  behaviors: [screen('notices')],
  data: { offline: '', isEnded: false, isUnknown: false, notice: '', isBad: false },
  methods: {
    draw() {
      const offline = now.isOnline ? (now.link === 'waiting' ? 'waiting' : '') : 'offline';
      this.setData({
        offline: offline && word('notices', offline, now.isEnglish),
        isEnded: now.isEnded,
        isUnknown: now.appState === 'unknown',
        notice: now.notice ? now.notice[now.isEnglish ? 'en' : 'zh'] : '',
        isBad: now.notice?.isBad ?? false,
      });
    },
    signIn: () => to('/pages/sign-in/sign-in'),
    without: () => void signOut(),
  },
});
