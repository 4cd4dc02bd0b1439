import { keepPage } from '@shared/offline';
import { createApp } from 'vue';
import App from './App.vue';
import './base.css';
import { openPage } from './state/page';

createApp(App).mount('#app');
void openPage();
void keepPage('worker');
