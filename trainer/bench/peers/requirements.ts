/** Reads requirements.txt: one pinned package a line, `# no-deps` behind those installed without what they ask for. Pure. */

export interface Requirement {
  readonly name: string;
  /** For pip: name==version. */
  readonly specifier: string;
  readonly isAlone: boolean;
}

export function parseRequirements(text: string): readonly Requirement[] {
  return text.split('\n').flatMap((line, i) => {
    const [specifier, ...comment] = line.split('#').map((part) => part.trim());
    if (specifier === '') return [];
    const pinned = /^([A-Za-z0-9._-]+)==[A-Za-z0-9.+!-]+$/.exec(specifier);
    if (!pinned) {
      throw new Error(`requirements.txt, line ${i + 1}: expected name==version, got "${specifier}".`);
    }
    return [{ name: pinned[1], specifier, isAlone: comment.includes('no-deps') }];
  });
}
