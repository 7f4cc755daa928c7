/** Path patching of the vector before the last layer: through which part of that layer does it act? */
import { BarsWithError, type ErrorBar } from '../../ui/bars-with-error.tsx';
import { formatValue } from '../../ui/numbers.ts';
import { patchWords, type PatchGroup } from './patch-words.ts';
import { percent } from './shares.ts';
import type { Patching } from './vector-types.ts';
import styles from './steering.module.css';

type Mode = Patching['modes'][number];

const COLOURS: Readonly<Record<PatchGroup, ErrorBar['colour']>> = {
  ends: 'base',
  skip: 'steering',
  part: 'steering',
  rest: 'muted',
};

export function PatchSection({ patching }: { readonly patching: Patching }) {
  const { modes, problems } = patching;
  const modeOf = (name: string) => modes.find(({ mode }) => mode === name);
  const [base, steered] = [modeOf('base'), modeOf('steered')];
  const heads = modes.filter(isHead);
  return (
    <>
      <p className={styles.verdict}>{verdict(patching)}</p>
      <Bars {...{ base, steered, problems }} modes={modes.filter((mode) => !isHead(mode))} />
      {heads.length > 0 && (
        <details>
          <summary>head by head: {heads.length} paths</summary>
          <Bars {...{ base, steered, problems }} modes={heads} />
        </details>
      )}
    </>
  );
}

/** Of many heads nobody looks at all at once. */
const isHead = ({ mode }: Mode) => patchWords(mode).isHead;

interface BarsProps {
  readonly modes: readonly Mode[];
  readonly base?: Mode;
  readonly steered?: Mode;
  readonly problems: number;
}

function Bars({ modes, base, steered, problems }: BarsProps) {
  return (
    <div className={styles.even}>
      <BarsWithError
        title="Right answers with the vector let through by parts"
        unit="share; 95 % intervals"
        format={percent}
        {...(base && { from: base.accuracy.value })}
        {...(steered && { level: steered.accuracy.value })}
        bars={modes.map((row) => barOf(row, row.accuracy))}
        note={`${problems} problems. Bars begin at the base; the dashed line is the whole vector.`}
      />
      <BarsWithError
        title="What is missing of the steered model"
        unit="KL(steered ‖ path), nats per token; 95 % intervals"
        format={formatValue}
        bars={modes.map((row) => barOf(row, row.klNats))}
        {...(base && { level: base.klNats.value })}
        note="None: the path explains all of it. The dashed line is the base, where all is missing. Computed in double precision."
      />
    </div>
  );
}

function barOf({ mode }: Mode, { value, low, high, n }: Mode['accuracy']): ErrorBar {
  const { name, group } = patchWords(mode);
  return {
    key: mode,
    name,
    colour: mode === 'steered' ? 'steering' : COLOURS[group],
    spread: { mean: value, sd: null, n },
    range: [low, high],
  };
}

function verdict({ modes }: Patching): string {
  const explained = (name: string) => {
    const share = modes.find(({ mode }) => mode === name)?.explained;
    return share == null ? null : percent(share);
  };
  const [mlp, direct] = [explained('skip-attention'), explained('skip-layer')];
  if (mlp === null || direct === null) return 'The vector changes nothing that its paths could explain.';
  return `Past attention, through MLP and unembedding, the vector explains ${mlp} of the change of the steered model; past the whole last layer, through the unembedding alone, ${direct}.`;
}
