/** How alike the vectors of the layers are, and whether what they do lasts. */
import { CurveChart } from '../../ui/curve-chart.tsx';
import { HeatGrid } from '../../ui/heat-grid.tsx';
import { formatValue } from '../../ui/numbers.ts';
import { cosineText } from './shares.ts';
import type { Cosines, Persistence } from './vector-types.ts';
import styles from './steering.module.css';

export function CosineMap({ cosines: { layers, matrix } }: { readonly cosines: Cosines }) {
  const columns = layers.map((layer) => ({ key: String(layer), name: String(layer) }));
  return (
    <HeatGrid
      isDense
      label="Cosines between the vectors of the layers"
      corner="layer"
      full={1}
      columns={columns}
      rows={matrix.map((row, at) => ({
        key: String(layers[at]),
        name: layers[at],
        cells: row.map((cosine, other) => ({
          // With itself it is 1 always, and says nothing.
          value: at === other ? null : cosine,
          text: at === other ? '' : cosineText(cosine),
          title: `layers ${layers[at]} and ${layers[other]}: cosine ${cosine.toFixed(3)}`,
        })),
      }))}
      legend="Cosine of the vectors of two layers: warm where they point alike, cool where they point apart, none at 0."
      data={{
        columns: ['layer', ...layers.map((layer) => `with ${layer}`)],
        rows: matrix.map((row, at) => [layers[at], ...row.map((cosine) => cosine.toFixed(4))]),
      }}
    />
  );
}

export function PersistenceCharts({ persistence }: { readonly persistence: Persistence }) {
  return (
    <div className={styles.pictures}>
      <DirectionChart persistence={persistence} />
      <CurveChart
        title="Size of the change"
        description="Mean norm of the change of the hidden state, by layer"
        curves={[
          {
            ...{ name: 'norm', colour: 'steering', draw: 'line' },
            points: persistence.layers.map(({ layer, norm }) => ({ x: layer, y: norm })),
          },
        ]}
        xAxis={{ label: 'layer', format: String }}
        yAxis={{ label: 'mean Euclidean norm', format: formatValue }}
        fromZero
      />
    </div>
  );
}

function DirectionChart({ persistence: { layers, samples } }: { readonly persistence: Persistence }) {
  return (
    <CurveChart
      title="Cosine of the change with"
      description="Cosine of the change of the hidden state with its own mean, and with the vector, by layer"
      curves={[
        {
          name: 'its own mean',
          colour: 'steering',
          draw: 'line',
          points: layers.map(({ layer, diffDiff: { value, low, high } }) => ({
            x: layer,
            y: value,
            range: [low, high],
          })),
        },
        {
          name: 'the vector',
          colour: 'ink',
          draw: 'line',
          shape: 'square',
          points: layers.flatMap(({ layer, diffVector }) =>
            diffVector
              ? [{ x: layer, y: diffVector.value, range: [diffVector.low, diffVector.high] as const }]
              : [],
          ),
        },
      ]}
      xAxis={{ label: `layer (${samples} answers)`, format: String }}
      yAxis={{ label: 'mean over tokens; bands 95 %', format: formatValue }}
      fromZero
      level={0}
      data={{
        columns: ['layer', 'with its own mean', 'with the vector', 'norm of the change'],
        rows: layers.map(({ layer, diffDiff, diffVector, norm }) => [
          layer,
          meanText(diffDiff),
          diffVector ? meanText(diffVector) : '–',
          formatValue(norm),
        ]),
      }}
    />
  );
}

const meanText = ({
  value,
  low,
  high,
}: {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}) => `${formatValue(value)} [${formatValue(low)}, ${formatValue(high)}]`;
