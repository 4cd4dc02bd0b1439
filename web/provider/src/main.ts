import { createApp } from 'vue';
import '@shared/base.css';
import '../../desk/src/base.css';
import './phone.css';

async function open(): Promise<void> {
  // A link to one order opens a page of its own: no account, no list, no socket.
  if (/\/order\/?$/.test(location.pathname)) {
    const { default: LinkApp } = await import('./LinkApp.vue');
    createApp(LinkApp).mount('#app');
    return;
  }
  const [{ default: App }, { openProvider }] = await Promise.all([import('./App.vue'), import('./state/session')]);
  createApp(App).mount('#app');
  await openProvider();
}

void open();
