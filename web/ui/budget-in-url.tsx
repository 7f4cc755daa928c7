'use client';
/** The budget slider bound to `?k=`: the thumb moves at once, the page follows in a transition, history stays clean. */
import { usePathname, useRouter, useSearchParams } from 'next/navigation';
import { useOptimistic, useTransition, type ReactNode } from 'react';
import { BudgetSlider } from './budget-slider.tsx';

export interface BudgetInUrlProps {
  readonly budgets: readonly number[];
  readonly budget: number;
  /** Parameters that mean nothing at another budget, such as a list's cursor. */
  readonly forget?: readonly string[];
  /** What each budget costs, in the order of the budgets: shown with the thumb, before the page has followed. */
  readonly costs?: readonly ReactNode[];
}

export function BudgetInUrl({ budgets, budget, forget = [], costs = [] }: BudgetInUrlProps) {
  const router = useRouter();
  const path = usePathname();
  const parameters = useSearchParams();
  const [pending, startTransition] = useTransition();
  const [shown, show] = useOptimistic(budget);

  const href = (next: number) => {
    const query = new URLSearchParams(parameters);
    for (const name of forget) query.delete(name);
    query.set('k', String(next));
    return `${path}?${query}`;
  };
  const pick = (next: number) =>
    startTransition(() => {
      show(next);
      router.replace(href(next), { scroll: false });
    });

  return (
    <BudgetSlider budgets={budgets} budget={shown} href={href} onPick={pick} pending={pending}>
      {costs[budgets.indexOf(shown)]}
    </BudgetSlider>
  );
}
