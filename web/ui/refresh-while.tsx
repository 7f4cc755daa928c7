'use client';
/** Looks again now and then while a page has nothing to show yet, and only while someone looks at it. */
import { useRouter } from 'next/navigation';
import { useEffect } from 'react';

/** A worker takes about this long to pick up its first run. */
const EVERY_MS = 4_000;

export function RefreshWhile({ isEmpty }: { readonly isEmpty: boolean }) {
  const router = useRouter();
  useEffect(() => {
    if (!isEmpty) return;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') router.refresh();
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, [isEmpty, router]);
  return null;
}
