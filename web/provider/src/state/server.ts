import { openServer, pause } from '@shared/server';
import { ServerTimeDocument } from '../generated/graphql';
import { tokens } from './tokens';

export { pause };
export const { trouble, failed, transport, onReconnect, measureTime, settleClock } = openServer(tokens, ServerTimeDocument);
