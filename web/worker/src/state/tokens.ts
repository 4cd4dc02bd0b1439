import { createPersonSource } from '@shared/person';

export const { tokens, asking, forget: changeToken, onNewToken, signInAs, signOut } = createPersonSource('worker');
