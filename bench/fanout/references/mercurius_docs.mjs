// mercurius on fastify: its own subscriptions and its own emitter, each subscriber executes.
//
// After https://mercurius.dev/#/docs/subscriptions ("Subscription support (simple)"); events are published by the
// control connection.
//
//   node mercurius_docs.mjs PORT CONTROL_PORT

import Fastify from 'fastify';
import mercurius from 'mercurius';
import { listen } from './control.mjs';

const [port, controlPort] = process.argv.slice(2).map(Number);

const schema = `
  type Case { state: String! title: String! }
  type CaseEvent {
    kind: String! cursor: String! seq: String! caseId: ID version: Int action: String! case: Case
  }
  type Query { hello: String }
  type Subscription { caseEvents: CaseEvent! }
`;

const resolvers = {
  Query: { hello: () => 'world' },
  Subscription: {
    caseEvents: { subscribe: async (root, args, { pubsub }) => await pubsub.subscribe('CASE_EVENTS') },
  },
};

const app = Fastify();
app.register(mercurius, { schema, resolvers, subscription: true });
await app.listen({ port, host: '127.0.0.1' });
listen(controlPort, (event) => app.graphql.pubsub.publish({ topic: 'CASE_EVENTS', payload: { caseEvents: event } }));
