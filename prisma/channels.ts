/** NOTIFY channels and their payloads: ids and small scalars only (a payload must stay under 8,000 bytes). */
export interface Channels {
  /** New metric points of a run were committed; lastSeq is the highest. Also sent when the run's status changes. */
  run_progress: {
    run: number;
    lastSeq: number;
    status: 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
  };
  /** A dictionary became visible. */
  dictionary_published: { dictionary: number };
}

export type ChannelName = keyof Channels;
