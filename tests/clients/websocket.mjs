// Browsers and Node 22 have it; Node 20 does not.
import WebSocket from 'ws';

globalThis.WebSocket ??= WebSocket;
