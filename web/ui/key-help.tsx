'use client';
/**
 * The keyboard. A key is a click on, or the focus of, the element that carries it in data-key; so what a key does is
 * always something that is on the page, and the help (?) lists exactly those.
 */
import { useEffect, useRef, useState } from 'react';
import styles from './key-help.module.css';

interface KeyMeaning {
  readonly key: string;
  readonly does: string;
}

const SIGNS: Record<string, string> = { ArrowLeft: '←', ArrowRight: '→' };

export function KeyHelp() {
  const dialog = useRef<HTMLDialogElement>(null);
  const [keys, setKeys] = useState<readonly KeyMeaning[]>([]);

  const open = () => {
    setKeys(keysOnPage());
    dialog.current?.showModal();
  };

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented) return;
      if (isTyping(event.target) || movesSlider(event)) return;
      if (event.key === '?') open();
      else if (dialog.current?.open || !actOn(event.key)) return;
      event.preventDefault();
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, []);

  return (
    <>
      <button
        type="button"
        className={styles.ask}
        onClick={open}
        aria-label="Keyboard keys"
        title="Keyboard keys (?)"
      >
        ?
      </button>
      <dialog
        ref={dialog}
        className={styles.dialog}
        aria-label="Keyboard keys"
        onClick={() => dialog.current?.close()}
      >
        <h2>Keys on this page</h2>
        <dl>
          {keys.map(({ key, does }) => (
            <div key={key}>
              <dt>
                <kbd>{SIGNS[key] ?? key}</kbd>
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
        <form method="dialog">
          <button>Close</button>
        </form>
      </dialog>
    </>
  );
}

function keysOnPage(): KeyMeaning[] {
  const meanings = new Map<string, string>();
  for (const element of document.querySelectorAll<HTMLElement>('[data-key]')) {
    const { key, keyDoes } = element.dataset;
    if (key && !meanings.has(key)) meanings.set(key, keyDoes ?? '');
  }
  meanings.set('?', 'this list');
  return [...meanings].map(([key, does]) => ({ key, does }));
}

/** Focuses the field or clicks the link that carries the key; false when the page has none. */
function actOn(key: string): boolean {
  const carriers = [...document.querySelectorAll<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)];
  const element = carriers.find((carrier) => carrier.checkVisibility({ visibilityProperty: true }));
  if (!element) return false;
  if (element instanceof HTMLInputElement) {
    element.focus();
    element.select();
  } else {
    element.click();
  }
  return true;
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.matches('input:not([type=range]), textarea, select, [contenteditable]')
  );
}

/** A focused slider keeps its own arrow keys. */
function movesSlider({ target, key }: KeyboardEvent): boolean {
  return key.startsWith('Arrow') && target instanceof HTMLElement && target.matches('input[type=range]');
}
