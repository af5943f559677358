import type { SseHub } from "@paceline/http";

import type { FlagSets } from "./flag-sets.ts";
import type { Subscribers } from "./subscribers.ts";

/**
 * Tells open pages that clients or receipts of an environment are not as they were: topic
 * `flag-clients`, at most once a second for each environment.
 *
 * @returns the way to stop it
 */
export function announceClients(subscribers: Subscribers, hub: SseHub): () => void {
  return subscribers.onChange((workspaceId, environment) =>
    hub.publish(workspaceId, "flag-clients", { environment }),
  );
}

/**
 * Tells open pages which flags changed: topic `flags` for lists, `flag:<key>` for one flag.
 *
 * @returns the way to stop it
 */
export function announceChanges(flagSets: FlagSets, hub: SseHub): () => void {
  return flagSets.onChange(({ set, changedKeys }) => {
    const { workspaceId, environment, revision } = set;
    hub.publish(workspaceId, "flags", { environment, revision });
    for (const key of changedKeys) {
      hub.publish(workspaceId, `flag:${key}`, { key, environment, revision });
    }
  });
}
