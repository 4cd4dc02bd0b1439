import { back, begin } from './lib/city';

App({
  onLaunch(options) {
    void begin(options);
  },
  onShow(options) {
    void back(options);
  },
});
