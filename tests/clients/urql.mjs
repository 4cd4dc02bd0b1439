// What both ways of urql have in common.
import { pipe, toAsyncIterable } from 'wonka';

export function over(client) {
  async function ask(text, variables) {
    const kind = text.startsWith('mutation') ? 'mutation' : 'query';
    const { data, error } = await client[kind](text, variables).toPromise();
    if (error) throw error;
    return data;
  }

  async function* follow(text, variables) {
    for await (const { data, error, hasNext } of pipe(client.subscription(text, { ...variables }), toAsyncIterable)) {
      if (error) throw error;
      if (data && hasNext) yield { data }; // where a stream ends urql says the last result once more
    }
  }

  return { ask, follow };
}
