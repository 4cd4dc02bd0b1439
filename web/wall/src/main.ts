import { createApp } from 'vue';
import App from './App.vue';
import '@shared/base.css';
import './base.css';
import { startTurns } from './state/turns';
import { openWall } from './state/wall';

createApp(App).mount('#app');
startTurns();
void openWall();
