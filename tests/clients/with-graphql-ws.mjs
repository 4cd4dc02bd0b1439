// One socket for everything; it comes back by itself and sends `variables` as they are by then.
import { createClient } from 'graphql-ws';

export function connect({ ws, headers, renewed, closed }) {
  let isFirst = true;
  const client = createClient({
    url: async () => {
      if (!isFirst) await renewed();
      isFirst = false;
      return ws;
    },
    connectionParams: headers,
    lazyCloseTimeout: 1_000,
    retryAttempts: Infinity,
    retryWait: () => new Promise((resolve) => setTimeout(resolve, 200)),
    shouldRetry: () => true,
    on: { closed },
  });
  const follow = (query, variables) => client.iterate({ query, variables });
  const ask = async (query, variables) => (await client.iterate({ query, variables }).next()).value.data;
  return { ask, follow };
}
