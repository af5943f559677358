/**
 * A way from a package back to itself, or null if there is none.
 *
 * @param uses  the packages that each package uses; one that is no key itself uses none
 * @returns the packages in the order in which each uses the next; the first is also the last
 */
export function findCycle(uses: ReadonlyMap<string, readonly string[]>): readonly string[] | null {
  const done = new Set<string>();
  const follow = (name: string, path: readonly string[]): readonly string[] | null => {
    const before = path.indexOf(name);
    if (before !== -1) return [...path.slice(before), name];
    if (done.has(name)) return null;
    for (const next of uses.get(name) ?? []) {
      const cycle = follow(next, [...path, name]);
      if (cycle !== null) return cycle;
    }
    done.add(name);
    return null;
  };
  for (const name of uses.keys()) {
    const cycle = follow(name, []);
    if (cycle !== null) return cycle;
  }
  return null;
}
