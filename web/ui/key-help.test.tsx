import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeyHelp } from './key-help.tsx';

beforeEach(() => {
  // happy-dom has no layout: what is not hidden is visible.
  HTMLElement.prototype.checkVisibility = function (this: HTMLElement) {
    return !this.hidden;
  };
});
afterEach(cleanup);

describe('KeyHelp', () => {
  it('clicks the link that carries the key', () => {
    const onClick = vi.fn((event: React.MouseEvent) => event.preventDefault());
    render(
      <>
        <a href="#next" data-key="ArrowRight" data-key-does="next feature" onClick={onClick}>
          next
        </a>
        <KeyHelp />
      </>,
    );
    fireEvent.keyDown(document.body, { key: 'ArrowRight' });
    expect(onClick).toHaveBeenCalledOnce();
  });

  it('focuses the field that carries the key, and never the hidden one', () => {
    render(
      <>
        <input data-key="/" hidden aria-label="hidden" />
        <input data-key="/" aria-label="shown" />
        <KeyHelp />
      </>,
    );
    fireEvent.keyDown(document.body, { key: '/' });
    expect(document.activeElement).toBe(screen.getByLabelText('shown'));
  });

  it('lets a person type', () => {
    const onClick = vi.fn();
    render(
      <>
        <input aria-label="text" />
        <a href="#x" data-key="[" onClick={onClick}>
          x
        </a>
        <KeyHelp />
      </>,
    );
    fireEvent.keyDown(screen.getByLabelText('text'), { key: '[' });
    fireEvent.keyDown(document.body, { key: '[', ctrlKey: true });
    expect(onClick).not.toHaveBeenCalled();
  });

  it('leaves a focused slider its arrow keys, and takes the other keys from it', () => {
    const onNext = vi.fn();
    const onLarger = vi.fn();
    render(
      <>
        <input type="range" aria-label="budget" />
        <a href="#x" data-key="ArrowRight" onClick={onNext}>
          next
        </a>
        <a href="#x" data-key="]" onClick={onLarger}>
          larger
        </a>
        <KeyHelp />
      </>,
    );
    const slider = screen.getByLabelText('budget');
    expect(fireEvent.keyDown(slider, { key: 'ArrowRight' })).toBe(true);
    expect(onNext).not.toHaveBeenCalled();
    fireEvent.keyDown(slider, { key: ']' });
    expect(onLarger).toHaveBeenCalledOnce();
  });

  it('leaves a key that nothing carries to the browser', () => {
    render(<KeyHelp />);
    expect(fireEvent.keyDown(document.body, { key: 'ArrowLeft' })).toBe(true);
  });

  it('lists exactly the keys of the page', () => {
    render(
      <>
        <a href="#x" data-key="ArrowLeft" data-key-does="previous feature">
          x
        </a>
        <KeyHelp />
      </>,
    );
    fireEvent.keyDown(document.body, { key: '?' });
    const keys = [...document.querySelectorAll('dialog dl > div')].map((row) => row.textContent);
    expect(keys).toEqual(['←previous feature', '?this list']);
  });
});
