/** Many sequences at once from a small Llama: ours beside transformers' generate() and a loop by hand in PyTorch. */
import type { Bench } from './bench.ts';
import type { Entry } from './interleave.ts';
import { GENERATE_PEERS } from './peers/peers.ts';
import {
  describeContenders,
  describeMeasurements,
  describePeers,
  failureNotes,
  peerNotes,
  STEP_HEADER,
  stepRow,
  tokensPerSecond,
} from './report.ts';
import { NEW_TOKENS } from './subjects/generate.ts';
import { formatNumber } from './table.ts';

export const generateBench: Bench = {
  summary: 'many sequences at once from a small language model, beside PyTorch',
  help: `A Llama with random weights in float32 and a vocabulary of 512: --b sequences, 16 from each prompt of 45 tokens, ${NEW_TOKENS} new
tokens each at temperature 1; width --d in heads of 32 (64 from 512 on), MLP width --f, --k layers.
  oursTokensPerSecond   new tokens, reading the prompts included
  firstOverAll          time until every sequence has its first token over that of all
  ratioToBestPeer       our tokens/s over theirs: transformers' generate(), and a loop by hand with keys and values in
                        buffers of the final size, the prompts read once

  npm run bench -- generate --peers --json
  npm run bench -- generate --peers --b 4 --d 768 --f 3072 --k 12      a larger model, few sequences`,
  defaults: { shape: { B: 256, D: 128, F: 384, K: 6 } },
  async run(session) {
    const { options, failed } = session;
    const { shape } = options;
    const tokens = shape.B * NEW_TOKENS;
    const ours = await session.openOurs('generate', shape, { backend: options.backends[0] });
    const peers = await session.openPeers(GENERATE_PEERS, shape);
    const entries: Entry[] = [
      { name: 'ours', contender: ours, operation: 'generate' },
      { name: 'ours, first tokens', contender: ours, operation: 'first' },
      ...peers.map((contender) => {
        return { name: contender.name, contender, operation: 'generate', isPeer: true };
      }),
    ];
    const { measurements } = await session.measure(entries);
    const [all, first, ...others] = measurements;
    const peerKeys = describePeers(tokens, all, others, GENERATE_PEERS, failed);
    const firstOverAll = first.median / all.median;
    return {
      keys: {
        shape,
        newTokens: NEW_TOKENS,
        ...describeContenders(ours, peers),
        oursTokensPerSecond: tokensPerSecond(tokens, all.median),
        firstOverAll,
        peakBytes: all.peakBytes,
        ...peerKeys,
        measurements: describeMeasurements(measurements),
      },
      header: STEP_HEADER,
      rows: measurements.map((one) => stepRow(one === first ? shape.B : tokens, all, one)),
      notes: [
        `the prompts take ${formatNumber(firstOverAll)} of the time`,
        ...peerNotes(peerKeys),
        ...failureNotes(failed),
      ],
    };
  },
};
