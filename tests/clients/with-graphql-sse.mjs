// Queries, mutations and subscriptions as event streams; it comes back by itself with fresh headers.
import { createClient } from 'graphql-sse';

export function connect({ http, headers, renewed }) {
  let isFirst = true;
  const client = createClient({
    url: http,
    headers: async () => {
      if (!isFirst) await renewed();
      isFirst = false;
      return headers();
    },
    retryAttempts: Infinity,
    retry: () => new Promise((resolve) => setTimeout(resolve, 200)),
  });
  const follow = (query, variables) => client.iterate({ query, variables });
  const ask = async (query, variables) => (await client.iterate({ query, variables }).next()).value.data;
  return { ask, follow };
}
