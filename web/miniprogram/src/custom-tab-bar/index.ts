import { now } from '../lib/city';
import { calm, screen } from '../lib/screen';

const PAGES = ['home', 'mine', 'track'];

Component({
  behaviors: [screen('tabs')],
  data: { selected: 0, waiting: 0 },
  methods: {
    draw() {
      this.setData({ waiting: now.entries.length });
    },
    go({ currentTarget }: { currentTarget: { dataset: { at: number } } }) {
      const name = PAGES[Number(currentTarget.dataset.at)]!;
      calm();
      void wx.switchTab({ url: `/pages/${name}/${name}` });
    },
  },
});
