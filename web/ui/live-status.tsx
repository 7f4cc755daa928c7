'use client';
/** What a live page knows about its connection, in words; it never leaves a doubt whether something was missed. */
import { useEffect, useState } from 'react';
import { formatDuration } from './numbers.ts';
import styles from './live-status.module.css';

export interface LiveStatusProps {
  readonly state: 'connecting' | 'live' | 'lost' | 'ended';
  /** When the connection was lost, while it is. */
  readonly lostAtMs?: number | null;
  /** When something last arrived. */
  readonly updatedAtMs: number | null;
  /** How many points came in late after the last loss; null when there was none. */
  readonly caughtUp: number | null;
  /** When the worker was last heard of. */
  readonly heartbeatAtMs?: number | null;
  /** Points known to exist that are not here. */
  readonly missing: number;
}

const TICK_MS = 1_000;
/** A step on a busy machine may take half a minute. */
const SILENT_AFTER_MS = 90_000;

export function LiveStatus(props: LiveStatusProps) {
  const { state, lostAtMs, updatedAtMs, caughtUp, heartbeatAtMs, missing } = props;
  const nowMs = useNow(state === 'live' || state === 'lost');
  const ago =
    nowMs !== null && updatedAtMs !== null ? formatDuration(Math.max(0, (nowMs - updatedAtMs) / 1000)) : null;
  const parts: string[] = [];
  if (state === 'connecting') parts.push('connecting');
  if (state === 'live') parts.push(ago ? `live, last update ${ago} ago` : 'live');
  if (state === 'lost') {
    const since =
      nowMs !== null && lostAtMs != null ? ` ${formatDuration((nowMs - lostAtMs) / 1000)} ago` : '';
    parts.push(`connection lost${since}, trying again; the page shows the last known state`);
  }
  if (state === 'ended') parts.push('the run has ended; nothing more will come');
  if (caughtUp !== null && state !== 'lost') {
    parts.push(
      missing === 0 ? `back after a lost connection, ${caughtUp} points caught up, nothing missed` : '',
    );
  }
  const silentMs = nowMs !== null && heartbeatAtMs != null ? nowMs - heartbeatAtMs : 0;
  if (state === 'live' && silentMs > SILENT_AFTER_MS) {
    parts.push(
      `no sign of life from its worker for ${formatDuration(silentMs / 1000)}; one started anew goes on`,
    );
  }
  if (missing > 0) parts.push(`${missing} points missing: reload the page`);
  return (
    <p className={styles.status} data-state={state} role="status">
      {parts.filter(Boolean).join(' · ')}
    </p>
  );
}

/** The time, every second, in the browser alone. */
function useNow(isTicking: boolean): number | null {
  const [nowMs, setNowMs] = useState<number | null>(null);
  useEffect(() => {
    if (!isTicking) return;
    const timer = setInterval(() => setNowMs(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [isTicking]);
  return nowMs;
}
