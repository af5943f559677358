import type { Incomplete } from "./answers.ts";
import type { ManifestDamage } from "./manifest.ts";
import { matches } from "./segments.ts";
import type { SegmentFilter } from "./segments.ts";

/** What an answer lacks because files of its environment cannot be read. */
export function incompleteness(
  damaged: readonly ManifestDamage[],
  filter: SegmentFilter,
): Incomplete | null {
  const lacking = damaged.filter(({ scopes }) => scopes === null || matches({ scopes }, filter));
  if (lacking.length === 0) return null;
  const unknown = lacking.some(({ scopes }) => scopes === null);
  const scopes = lacking
    .flatMap((file) => file.scopes ?? [])
    .filter(
      (scope) => scope.workspace === filter.workspace && scope.environment === filter.environment,
    );
  return {
    files: lacking.map(({ name }) => name),
    events: unknown ? null : scopes.reduce((sum, scope) => sum + scope.events, 0),
  };
}
