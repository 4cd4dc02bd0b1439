import { language } from '@shared/language';
import { openServer } from '@shared/server';
import { ServerTimeDocument } from '../generated/graphql';
import { tokens } from './tokens';

export const { trouble, failed, transport, live, onReconnect, settleClock } = openServer(tokens, ServerTimeDocument, language);
