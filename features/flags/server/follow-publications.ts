import type { FlagSets } from "./flag-sets.ts";
import type { Subscribers } from "./subscribers.ts";

/**
 * Tells subscribers of what is in force here. Called before any stream follows the sets, so that who
 * listens is counted before it receives.
 *
 * @returns the way to stop it
 */
export function followPublications(flagSets: FlagSets, subscribers: Subscribers): () => void {
  return flagSets.onChange(({ set: { workspaceId, environment }, publications }) => {
    for (const { revision, publishedAt } of publications) {
      subscribers.published(workspaceId, environment, revision, publishedAt);
    }
  });
}
