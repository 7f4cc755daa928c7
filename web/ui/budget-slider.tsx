'use client';
/**
 * The budget as a control: stops at the stored budgets, each with an address of its own, so it works without JavaScript;
 * with it, dragging, arrow keys and [ ] move every number on the page without a reload.
 */
import type { ReactNode } from 'react';
import styles from './budget-slider.module.css';

export interface BudgetSliderProps {
  /** The stored budgets, ascending. */
  readonly budgets: readonly number[];
  readonly budget: number;
  readonly href: (budget: number) => string;
  readonly onPick: (budget: number) => void;
  /** The page's numbers are still those of the budget before. */
  readonly pending?: boolean;
  /** What the current budget costs. */
  readonly children?: ReactNode;
}

export function BudgetSlider({ budgets, budget, href, onPick, pending, children }: BudgetSliderProps) {
  const at = Math.max(0, budgets.indexOf(budget));
  const last = budgets.length - 1;
  return (
    <div className={styles.slider} role="group" aria-label="Budget" aria-busy={pending || undefined}>
      <label className={styles.name} htmlFor="budget">
        budget <output>{budget}</output>
        <span className={styles.unit}> acts per token</span>
      </label>
      <div className={styles.track}>
        <input
          id="budget"
          type="range"
          min={0}
          max={last}
          step={1}
          value={at}
          disabled={last < 1}
          aria-valuetext={`${budget} acts per token`}
          onChange={(event) => onPick(budgets[Number(event.target.value)])}
        />
        <ol className={styles.stops}>
          {budgets.map((stop, index) => (
            <li key={stop} style={{ insetInlineStart: `${last > 0 ? (index / last) * 100 : 50}%` }}>
              <a
                href={href(stop)}
                aria-current={stop === budget ? 'true' : undefined}
                aria-label={`Budget ${stop}`}
                data-key={index === at - 1 ? '[' : index === at + 1 ? ']' : undefined}
                data-key-does={
                  index === at - 1 ? 'smaller budget' : index === at + 1 ? 'larger budget' : undefined
                }
                onClick={(event) => {
                  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
                  event.preventDefault();
                  onPick(stop);
                }}
              >
                {stop}
              </a>
            </li>
          ))}
        </ol>
      </div>
      {children && <div className={styles.cost}>{children}</div>}
    </div>
  );
}
