// Progress without an account, by number and token.
import { now, sentenceOf } from '../../lib/city';
import { screen, tab, title, to } from '../../lib/screen';
import { word } from '../../lib/words';

Component({
  behaviors: [screen('track')],
  data: { number: '', token: '', trouble: '', isAsking: false },
  methods: {
    onShow() {
      tab(this, 2);
      title(word('track', 'title', now.isEnglish));
    },
    write({ currentTarget, detail }: { currentTarget: { dataset: { name?: string } }; detail: { value: string } }) {
      this.setData({ [currentTarget.dataset.name!]: detail.value });
    },
    async look() {
      if (this.data.isAsking || !now.resident) return;
      const [number, token] = [this.data.number.trim(), this.data.token.trim()];
      this.setData({ trouble: number && token ? '' : word('track', 'both', now.isEnglish) });
      if (!number || !token) return;
      this.setData({ isAsking: true });
      try {
        const found = await now.resident.progress(number, token);
        if (!found) return this.setData({ trouble: word('track', 'wrong', now.isEnglish) });
        now.resident.kept.add({ id: null, number, token, title: found.title, at: Date.now() });
        this.setData({ number: '', token: '' });
        to(`/pages/case/case?number=${number}`);
      } catch (error) {
        this.setData({ trouble: sentenceOf(error) });
      } finally {
        this.setData({ isAsking: false });
      }
    },
    call() {
      wx.makePhoneCall({ phoneNumber: '12345', fail: () => undefined });
    },
  },
});
