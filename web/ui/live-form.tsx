'use client';
/** A GET form that answers while one types; without JavaScript it is a form with a button. */
import { usePathname, useRouter } from 'next/navigation';
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
  useEffect(() => () => clearTimeout(timer.current), []);

  const go = (form: HTMLFormElement) => {
    const query = new URLSearchParams();
    for (const [name, value] of new FormData(form))
      if (typeof value === 'string' && value) query.set(name, value);
    startTransition(() => router.replace(`${path}?${query}`, { scroll: false }));
  };
  const change = (event: FormEvent<HTMLFormElement>) => {
    const form = event.currentTarget;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => go(form), PAUSE_MS);
  };
  return (
    <form
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
