export interface Limits {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** A folder whose growth counts as progress. */
  readonly watch?: string;
  readonly stallMs: number;
  readonly totalMs: number;
  readonly onGrowth?: (bytes: number) => void;
}
/** Resolves with the end of what it printed; rejects with why it did not end well. */
export function runLimited(command: string, args: readonly string[], limits: Limits): Promise<string>;
