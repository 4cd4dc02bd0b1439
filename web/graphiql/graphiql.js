// Queries go over HTTP, subscriptions over graphql-transport-ws; both send what the header editor holds.
(async () => {
  const WELCOME = `# 数据 / Data: queries and mutations; 订阅 / live: subscriptions. Ctrl-Enter runs.
query Me {
  viewer { name realm roles division { id fullName } serverTime }
}

subscription Live {
  caseEvents { seq kind at action case { number title state } }
}
`;

  async function developmentHeaders() {
    try {
      const answer = await fetch('/dev/token?role=DISPATCHER');
      if (!answer.ok) return undefined;
      const { token } = await answer.json();
      return JSON.stringify({ Authorization: `Bearer ${token}` }, null, 2);
    } catch {
      return undefined;
    }
  }

  const socket = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`;
  const headers = await developmentHeaders();
  const element = React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: '/graphql', subscriptionUrl: socket }),
    plugins: [GraphiQLPluginExplorer.explorerPlugin()],
    defaultEditorToolsVisibility: 'headers',
    isHeadersEditorEnabled: true,
    shouldPersistHeaders: false,
    headers,
    defaultQuery: WELCOME,
  });
  ReactDOM.createRoot(document.getElementById('graphiql')).render(element);
})();
