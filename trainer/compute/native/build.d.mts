export interface Machine {
  readonly platform: string;
  readonly arch: string;
}

export interface BuildOptions extends Partial<Machine> {
  /** The first that is there of g++, clang++ and c++, unless named. */
  readonly compiler?: string;
  /** native/build unless named. */
  readonly folder?: string;
}

/** Where the addon for these sources, this processor family and this Node lies or will lie. */
export function addonPath(machine?: Machine, folder?: string): string;
/** Builds the addon unless a fresh one lies there; null, with the reason given to `say`, where it cannot. */
export function build(say?: (line: string) => void, options?: BuildOptions): Promise<string | null>;
