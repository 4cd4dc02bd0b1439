import { createApp } from 'vue';
import App from './App.vue';
import './base.css';
import { openWall } from './state/wall';

createApp(App).mount('#app');
void openWall();
