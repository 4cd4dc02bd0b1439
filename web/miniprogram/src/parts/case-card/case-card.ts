import { screen, to } from '../../lib/screen';

Component({
  behaviors: [screen()],
  properties: { card: { type: Object, value: {} } },
  methods: {
    open() {
      to(`/pages/case/case?number=${(this.data.card as { number: string }).number}`);
    },
  },
});
