'use client';
/** A GET form that answers while one types; without JavaScript it is a form with a button. */
import { usePathname, useRouter, useSearchParams } from 'next/navigation';
import { useEffect, useRef, useTransition, type FormEvent, type ReactNode } from 'react';

export interface LiveFormProps {
  readonly className?: string;
  readonly label: string;
  readonly children: ReactNode;
}

/** A pause between words, not between letters. */
const PAUSE_MS = 250;

export function LiveForm({ className, label, children }: LiveFormProps) {
  const router = useRouter();
  const path = usePathname();
  const [pending, startTransition] = useTransition();
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const form = useRef<HTMLFormElement>(null);
  const address = useSearchParams().toString();
  const known = useRef(address);
  useEffect(() => () => clearTimeout(timer.current), []);
  // A link or the back button changed the address: the fields say what it says, but for the one that is typed in.
  useEffect(() => {
    if (form.current && address !== known.current) fill(form.current, new URLSearchParams(address));
    known.current = address;
  }, [address]);

  const go = (form: HTMLFormElement) => {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form))
      if (typeof value === 'string' && value) query.set(name, value);
    known.current = query.toString();
    startTransition(() => router.replace(`${path}?${query}`, { scroll: false }));
  };
  const change = (event: FormEvent<HTMLFormElement>) => {
    const form = event.currentTarget;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => go(form), PAUSE_MS);
  };
  return (
    <form
      ref={form}
      method="get"
      role="search"
      aria-label={label}
      aria-busy={pending || undefined}
      className={className}
      onInput={change}
      onSubmit={(event) => {
        event.preventDefault();
        clearTimeout(timer.current);
        go(event.currentTarget);
      }}
    >
      {children}
    </form>
  );
}

/** Visible fields take their values from the address; those it does not name are as in a fresh form. */
function fill(form: HTMLFormElement, query: URLSearchParams) {
  for (const field of form.elements) {
    if (field === document.activeElement) continue;
    if (field instanceof HTMLInputElement && field.type === 'search') {
      field.value = query.get(field.name) ?? '';
    } else if (field instanceof HTMLSelectElement) {
      const asked = query.get(field.name);
      field.selectedIndex = Math.max(
        0,
        [...field.options].findIndex((option) => option.value === asked),
      );
    }
  }
}
