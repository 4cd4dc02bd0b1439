// Queries over HTTP, subscriptions over a socket, as Apollo's documentation puts them together.
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { getMainDefinition } from '@apollo/client/utilities';
import { createClient } from 'graphql-ws';
import { events } from './events.mjs';

export function connect({ http, ws, headers, closed }) {
  const socket = createClient({ url: ws, connectionParams: headers, retryAttempts: 0, on: { closed } });
  const signed = (url, options) => fetch(url, { ...options, headers: { ...options.headers, ...headers() } });
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: ApolloLink.split(
      ({ query }) => getMainDefinition(query).operation === 'subscription',
      new GraphQLWsLink(socket),
      new HttpLink({ uri: http, fetch: signed }),
    ),
  });

  async function ask(text, variables) {
    const document = gql(text);
    const isMutation = getMainDefinition(document).operation === 'mutation';
    const answer = isMutation
      ? await client.mutate({ mutation: document, variables })
      : await client.query({ query: document, variables, fetchPolicy: 'no-cache' });
    return answer.data;
  }

  async function* follow(text, variables) {
    const found = client.subscribe({ query: gql(text), variables: { ...variables }, fetchPolicy: 'no-cache' });
    for await (const { data, error } of events((sink) => found.subscribe(sink))) {
      if (error) throw error;
      yield { data };
    }
  }

  return { ask, follow };
}
