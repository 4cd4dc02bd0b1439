import { createApp } from 'vue';
import App from './App.vue';
import './base.css';
import { begin } from './state';

void begin();
createApp(App).mount('#app');
