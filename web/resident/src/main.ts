import { isSecondTap } from '@shared/taps';
import { createApp } from 'vue';
import App from './App.vue';
import './base.css';
import { isEnglish } from './say';
import { begin } from './state';

document.documentElement.lang = isEnglish ? 'en' : 'zh-CN';
// Every button of this page sends something or moves it: what lies under the finger by the second half of a double tap was not meant.
document.addEventListener(
  'click',
  (event) => {
    const on = event.target instanceof Element ? event.target : null;
    if (!isSecondTap(event) || on?.closest('textarea, input:not([type=file])')) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  { capture: true },
);
void begin();
createApp(App).mount('#app');
