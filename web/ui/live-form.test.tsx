import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LiveForm } from './live-form.tsx';

const address = vi.hoisted(() => ({ query: '', replace: vi.fn() }));
vi.mock('next/navigation', () => ({
  usePathname: () => '/list',
  useRouter: () => ({ replace: address.replace }),
  useSearchParams: () => new URLSearchParams(address.query),
}));

const form = () => (
  <LiveForm label="Filter">
    <input type="hidden" name="k" value={16} />
    <input type="search" name="label" aria-label="label" defaultValue="" />
    <select name="density" aria-label="density" defaultValue="any">
      <option value="any">any</option>
      <option value="rare">rare</option>
    </select>
  </LiveForm>
);
const values = () => ['label', 'density'].map((name) => screen.getByLabelText<HTMLInputElement>(name).value);

beforeEach(() => {
  address.query = '';
  address.replace.mockClear();
});
afterEach(cleanup);

describe('LiveForm', () => {
  it('puts what its fields hold into the address', () => {
    render(form());
    fireEvent.change(screen.getByLabelText('label'), { target: { value: 'comma' } });
    fireEvent.submit(screen.getByRole('search'));
    expect(address.replace).toHaveBeenCalledExactlyOnceWith('/list?k=16&label=comma&density=any', {
      scroll: false,
    });
  });

  it('says what the address says after a link changed it', () => {
    const { rerender } = render(form());
    fireEvent.change(screen.getByLabelText('label'), { target: { value: 'comma' } });
    address.query = 'label=brace&density=rare';
    rerender(form());
    expect(values()).toEqual(['brace', 'rare']);
    address.query = 'k=16';
    rerender(form());
    expect(values()).toEqual(['', 'any']);
    address.query = 'density=nothing-like-it';
    rerender(form());
    expect(values()).toEqual(['', 'any']);
  });

  it('leaves alone what one goes on typing while the answer comes', () => {
    const { rerender } = render(form());
    const field = screen.getByLabelText<HTMLInputElement>('label');
    field.focus();
    fireEvent.change(field, { target: { value: 'com' } });
    fireEvent.submit(screen.getByRole('search'));
    fireEvent.change(field, { target: { value: 'comma' } });
    address.query = 'k=16&label=com&density=any';
    rerender(form());
    expect(field.value).toBe('comma');
  });
});
