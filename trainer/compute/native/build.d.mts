/** Where the addon for these sources, this processor family and this Node lies or will lie. */
export function addonPath(): string;
/** Builds the addon unless a fresh one lies there; null, with the reason given to `say`, where it cannot. */
export function build(say?: (line: string) => void): Promise<string | null>;
