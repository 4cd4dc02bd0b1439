// Everything over HTTP: subscriptions are event streams.
import { Client, fetchExchange } from '@urql/core';
import { over } from './urql.mjs';

export function connect({ http, headers }) {
  const options = { fetchOptions: () => ({ headers: headers() }), fetchSubscriptions: true, preferGetMethod: false };
  return over(new Client({ url: http, exchanges: [fetchExchange], ...options }));
}
