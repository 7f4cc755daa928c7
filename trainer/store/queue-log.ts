/** graphile-worker's messages: only what is worth a person's attention, as one line each. */
import { Logger } from 'graphile-worker';

export type Log = (line: string) => void;

export function queueLogger(log: Log = () => {}): Logger {
  return new Logger(() => (level, message) => {
    if (level === 'error' || level === 'warning') log(`queue: ${message.split('\n')[0]}`);
  });
}
