import { createApp } from 'vue';
import '@shared/base.css';
import '../../desk/src/base.css';
import './phone.css';
import App from './App.vue';
import { openProvider } from './state/session';

createApp(App).mount('#app');
void openProvider();
