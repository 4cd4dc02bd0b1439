// graphql-ws with ws: its own server, each subscriber executes.
//
// After https://the-guild.dev/graphql/ws/get-started ("With ws"). Where values come from is left to the reader; here a
// queue of each subscriber, filled by the control connection.
//
//   node graphql_ws_docs.mjs PORT CONTROL_PORT

import { GraphQLID, GraphQLInt, GraphQLNonNull, GraphQLObjectType, GraphQLSchema, GraphQLString } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import { listen } from './control.mjs';

const [port, controlPort] = process.argv.slice(2).map(Number);
const queues = new Set();

class Queue {
  waiting = [];
  wake = null;

  push(value) {
    this.waiting.push(value);
    this.wake?.();
  }

  async *values() {
    queues.add(this);
    try {
      while (true) {
        while (this.waiting.length) yield { caseEvents: this.waiting.shift() };
        await new Promise((resolve) => (this.wake = resolve));
        this.wake = null;
      }
    } finally {
      queues.delete(this);
    }
  }
}

const text = { type: new GraphQLNonNull(GraphQLString) };
const caseType = new GraphQLObjectType({ name: 'Case', fields: { state: text, title: text } });
const eventType = new GraphQLObjectType({
  name: 'CaseEvent',
  fields: {
    kind: text,
    cursor: text,
    seq: text,
    caseId: { type: GraphQLID },
    version: { type: GraphQLInt },
    action: text,
    case: { type: caseType },
  },
});

const schema = new GraphQLSchema({
  query: new GraphQLObjectType({ name: 'Query', fields: { hello: { type: GraphQLString, resolve: () => 'world' } } }),
  subscription: new GraphQLObjectType({
    name: 'Subscription',
    fields: { caseEvents: { type: new GraphQLNonNull(eventType), subscribe: () => new Queue().values() } },
  }),
});

const server = new WebSocketServer({ port, host: '127.0.0.1', path: '/graphql' });
useServer({ schema }, server);
listen(controlPort, (event) => {
  for (const queue of queues) queue.push(event);
});
