// Queries over HTTP, subscriptions over a socket.
import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-ws';
import { over } from './urql.mjs';

export function connect({ http, ws, headers, closed }) {
  const socket = createClient({ url: ws, connectionParams: headers, retryAttempts: 0, on: { closed } });
  const forwardSubscription = (request) => ({
    subscribe: (sink) => ({ unsubscribe: socket.subscribe({ ...request, query: request.query ?? '' }, sink) }),
  });
  const exchanges = [subscriptionExchange({ forwardSubscription }), fetchExchange];
  return over(new Client({ url: http, exchanges, fetchOptions: () => ({ headers: headers() }), preferGetMethod: false }));
}
