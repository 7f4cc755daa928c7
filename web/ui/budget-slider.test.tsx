import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { BudgetSlider } from './budget-slider.tsx';

afterEach(cleanup);

function show(budget: number, budgets: readonly number[] = [4, 8, 16]) {
  const onPick = vi.fn();
  render(<BudgetSlider budgets={budgets} budget={budget} href={(next) => `/x?k=${next}`} onPick={onPick} />);
  return onPick;
}

describe('BudgetSlider', () => {
  it('gives every stop an address of its own', () => {
    show(8);
    expect(screen.getAllByRole('link').map((link) => link.getAttribute('href'))).toEqual([
      '/x?k=4',
      '/x?k=8',
      '/x?k=16',
    ]);
    expect(screen.getByRole('link', { current: true }).textContent).toBe('8');
  });

  it('speaks in budgets, not in positions', () => {
    const onPick = show(8);
    const slider = screen.getByRole('slider');
    expect(slider.getAttribute('aria-valuetext')).toBe('8 acts per token');
    fireEvent.change(slider, { target: { value: '2' } });
    expect(onPick).toHaveBeenCalledExactlyOnceWith(16);
  });

  it('picks without leaving the page on a click, and leaves a click with a modifier to the browser', () => {
    const onPick = show(8);
    expect(fireEvent.click(screen.getByText('4'), { ctrlKey: true })).toBe(true);
    expect(onPick).not.toHaveBeenCalled();
    expect(fireEvent.click(screen.getByText('4'))).toBe(false);
    expect(onPick).toHaveBeenCalledExactlyOnceWith(4);
  });

  it('hands [ and ] to the stops beside the current one', () => {
    show(8);
    const keys = screen.getAllByRole('link').map((link) => link.getAttribute('data-key'));
    expect(keys).toEqual(['[', null, ']']);
  });

  it('has no smaller stop at the small end', () => {
    show(4);
    expect(screen.getAllByRole('link').map((link) => link.getAttribute('data-key'))).toEqual([
      null,
      ']',
      null,
    ]);
  });

  it('stands still with a single budget', () => {
    show(8, [8]);
    expect(screen.getByRole('slider')).toHaveProperty('disabled', true);
  });
});
