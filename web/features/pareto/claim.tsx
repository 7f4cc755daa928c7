/** The paper's claim, and what our numbers say of it. */
import type { BudgetSeries, Measure } from './budget-series.ts';
import { kindName } from './pareto-chart.tsx';
import { addTallies, judge, verdictWords, type Tally } from './verdict.ts';
import styles from './claim.module.css';

/** In our words. Its cells are not known to us, so no figure of its own stands in the picture. */
const CLAIMS: Readonly<Record<Measure, string>> = {
  ev: 'The paper on HierarchicalTopK says: one dictionary is as good, at every budget, as a TopK or BatchTopK trained for that budget alone; and, second, as its argument implies, a TopK run at another budget than its own falls behind it.',
  ce: 'The paper on HierarchicalTopK makes its claim for EV: as good at every budget as a dictionary trained for it, and, second, by implication, better than a TopK away from its own. The same asked of the loss:',
  dead: 'The paper on HierarchicalTopK says that fewer of its features are dead than of dictionaries trained for one budget each. Counted the same way, fewer being better:',
};

export function Claim({ series, measure }: { readonly series: BudgetSeries; readonly measure: Measure }) {
  const verdict = judge(series, measure);
  const rows: readonly (readonly [string, Tally])[] = [
    ...verdict.own.map(({ method, tally }) => [`${kindName(method)} at its own budget`, tally] as const),
    ['TopK away from its own', verdict.away],
  ];
  return (
    <div className={styles.claim}>
      <p>{CLAIMS[measure]}</p>
      <p className={styles.verdict}>{verdictWords(verdict, measure)}</p>
      <div className="scroll">
        <table aria-label="The hierarchical dictionary against the others">
          <thead>
            <tr>
              <th scope="col">the one dictionary against</th>
              {['better', 'level', 'worse'].map((name) => (
                <th key={name} scope="col" className="number">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(([name, tally]) => (
              <tr key={name}>
                <td>{name}</td>
                <td className="number">{tally.better}</td>
                <td className="number">{tally.same}</td>
                <td className="number">{tally.worse}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="small muted">
        Compared at the same L0, read off the line between its budgets where there is none.{' '}
        {addTallies(rows.map(([, tally]) => tally)).compared} points; level means within two standard errors
        of the difference over seeds.
      </p>
    </div>
  );
}
