import { createApp } from 'vue';
import App from './App.vue';
import '@shared/base.css';
import './base.css';
import { openDesk } from './state/desk';

createApp(App).mount('#app');
void openDesk();
