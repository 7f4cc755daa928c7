/** What a browser sees at /graphql: a query box with examples and the schema. One page that loads nothing from elsewhere. */
import { printSchema } from 'graphql';
import type { GraphQLSchema } from 'graphql';

interface Example {
  readonly name: string;
  readonly query: string;
}

export const EXAMPLES: readonly Example[] = [
  {
    name: 'Dictionaries',
    query: `query Dictionaries {
  dictionaries(first: 10) {
    totalCount
    nodes {
      slug
      name
      kind
      hookpoint
      width
      model { slug }
      budgets { budget explainedVariance ceRecovered deltaCe l0 deadFraction }
    }
  }
}`,
  },
  {
    name: 'Features',
    query: `query Features {
  dictionaries(first: 1) {
    nodes {
      slug
      features(first: 10, budget: 16, orderBy: { field: DENSITY }) {
        totalCount
        pageInfo { hasNextPage endCursor }
        nodes {
          index
          label { text }
          stat(budget: 16) { density maxAct }
          examples(budget: 16, first: 1) { maxAct tokens { text act } }
        }
      }
    }
  }
}`,
  },
  {
    name: 'Search',
    query: `query Search {
  searchFeatures(query: "the", first: 10) {
    totalCount
    nodes { index density label { text } dictionary { slug } }
  }
}`,
  },
  {
    name: 'Runs',
    query: `query Runs {
  runs(first: 5) {
    nodes { id slug status phase step stepTotal lastSeq points(first: 5) { seq name step value } }
  }
}`,
  },
  {
    name: 'A run, live',
    query: `subscription Progress {
  runProgress(run: "1", afterSeq: 0) { seq name step value }
}`,
  },
];

export function explorerPage(schema: GraphQLSchema): string {
  const data = JSON.stringify(EXAMPLES).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>residua: GraphQL</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>residua <span>GraphQL</span></h1>
<p>Sparse feature dictionaries of language models, by query. Over HTTP by POST here, subscriptions by graphql-ws at the same address.</p>
<nav id="examples" aria-label="Examples"></nav>
<label for="query">Query</label>
<textarea id="query" spellcheck="false" rows="16"></textarea>
<label for="variables">Variables (JSON)</label>
<textarea id="variables" spellcheck="false" rows="2">{}</textarea>
<p><button id="run">Run</button> <button id="stop" hidden>Stop</button> <span id="status" role="status">Ctrl-Enter runs.</span></p>
<label for="answer">Answer</label>
<pre id="answer" tabindex="0"></pre>
<details><summary>Schema</summary><pre>${escapeHtml(printSchema(schema))}</pre></details>
</main>
<script type="module">const examples = ${data};
${SCRIPT}</script>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}

const STYLE = `
:root { color-scheme: light dark; --ground: light-dark(#faf9f7, #1b1a18); --ink: light-dark(#26241f, #e8e5df); --line: light-dark(#d9d5cd, #3a3732); --link: light-dark(#1f5fa8, #7fb2ea); }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 ui-sans-serif, system-ui, sans-serif; }
main { max-width: 64rem; margin: 0 auto; padding: 16px; }
h1 { font-size: 24px; } h1 span { font-weight: 400; opacity: .7; }
label, summary { display: block; margin-top: 16px; font-weight: 600; }
textarea, pre { box-sizing: border-box; width: 100%; margin: 8px 0 0; padding: 8px; border: 1px solid var(--line); background: transparent; color: inherit; font: 14px/1.45 ui-monospace, monospace; font-variant-ligatures: none; overflow: auto; }
#answer { min-height: 8rem; max-height: 32rem; }
button { font: inherit; color: var(--link); background: none; border: 1px solid var(--line); padding: 4px 12px; cursor: pointer; }
nav { display: flex; flex-wrap: wrap; gap: 8px; }
`;

/** Plain script, no library: POST for queries, the graphql-transport-ws protocol for subscriptions. */
const SCRIPT = `
const get = (id) => document.getElementById(id);
const say = (text) => { get('status').textContent = text; };
const show = (value) => { get('answer').textContent = JSON.stringify(value, null, 2); };
let socket;

function stop() {
  socket?.close(1000);
  socket = undefined;
  get('stop').hidden = true;
}

function follow(payload) {
  const events = [];
  let count = 0;
  socket = new WebSocket(location.href.replace(/^http/, 'ws').split(/[?#]/)[0], 'graphql-transport-ws');
  get('stop').hidden = false;
  const mine = socket;
  mine.onopen = () => mine.send(JSON.stringify({ type: 'connection_init' }));
  mine.onclose = (event) => { if (mine === socket) { say('Closed: ' + (event.reason || event.code)); stop(); } };
  mine.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === 'connection_ack') mine.send(JSON.stringify({ id: '1', type: 'subscribe', payload }));
    else if (message.type === 'ping') mine.send(JSON.stringify({ type: 'pong' }));
    else if (message.type === 'next') { events.unshift(message.payload); events.length = Math.min(events.length, 50); say(++count + ' events, newest first'); show(events); }
    else if (message.type === 'error') { show({ errors: message.payload }); stop(); }
    else if (message.type === 'complete') { say('Complete after ' + count + ' events'); stop(); }
  };
}

async function run() {
  stop();
  let variables;
  try { variables = JSON.parse(get('variables').value || '{}'); } catch (error) { return say('Variables: ' + error.message); }
  const payload = { query: get('query').value, variables };
  if (/^\\s*subscription\\b/m.test(payload.query)) return follow(payload);
  const started = performance.now();
  say('Running');
  try {
    const answer = await fetch(location.pathname, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(payload) });
    show(await answer.json());
    say(answer.status + ' in ' + Math.round(performance.now() - started) + ' ms');
  } catch (error) { say('No answer: ' + error.message); }
}

for (const { name, query } of examples) {
  const button = document.createElement('button');
  button.textContent = name;
  button.onclick = () => { get('query').value = query; };
  get('examples').append(button);
}
get('query').value = examples[0].query;
get('run').onclick = run;
get('stop').onclick = () => { stop(); say('Stopped'); };
addEventListener('keydown', (event) => { if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) run(); });
`;
