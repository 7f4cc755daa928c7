/** The examples of the API page, as they are pasted into a terminal. */
export const FIRST_QUERY = `query {
  dictionaries(first: 10) {
    nodes {
      slug
      name
      width
      budgets { budget explainedVariance deltaCe l0 deadFraction }
    }
  }
}`;

export const FEATURE_QUERY = `query Feature($dictionary: String!, $index: Int!) {
  feature(dictionary: $dictionary, index: $index) {
    label { text }
    stat(budget: 16) { density maxAct }
    topLogits(first: 5) { token value }
    examples(budget: 16, first: 3) { corpus { slug } tokens { text act } }
  }
}`;

export const PAGING_QUERY = `query Features($dictionary: String!, $after: String) {
  dictionary(slug: $dictionary) {
    features(first: 500, after: $after, orderBy: { field: DENSITY }, filter: { dead: false }) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes { index density maxAct label { text } }
    }
  }
}`;

export function subscriptionScript(wsUrl: string, run: string): string {
  return `// follow.mjs: npm install graphql-ws ws graphql, then node follow.mjs
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const client = createClient({ url: '${wsUrl}', webSocketImpl: WebSocket, retryAttempts: 0 });
const query = \`subscription ($run: ID!, $afterSeq: Int!) {
  runProgress(run: $run, afterSeq: $afterSeq) { seq name step value }
}\`;

let afterSeq = 0;
for (;;) {
  try {
    for await (const { data } of client.iterate({ query, variables: { run: '${run}', afterSeq } })) {
      const { seq, name, step, value } = data.runProgress;
      afterSeq = seq; // where to go on after a lost connection: no gap, no repeat
      console.log(step, name, value);
    }
    break; // the run has ended
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}
await client.dispose();`;
}
