import type { FlagSets } from "./flag-sets.ts";
import { receiptStatus } from "./receipt-status.ts";
import { SubscriberRegistry } from "./subscriber-registry.ts";
import type { RegistryOptions } from "./subscriber-registry.ts";
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

/** The subscribers of this process alone. */
export function createSubscribers(options: RegistryOptions): Subscribers {
  const { nowMs } = options;
  const registry = new SubscriberRegistry(options);
  const listeners = new Set<(workspaceId: string, environment: string) => void>();
  return {
    join(client) {
      const id = registry.join(client);
      return {
        id,
        delivered: (revision) => registry.delivered(id, revision),
        acknowledged: (revision) => void registry.acknowledged(id, revision, nowMs()),
        leave: () => registry.leave(id),
      };
    },
    acknowledge(workspaceId, subscription, revision) {
      registry.acknowledged(subscription, revision, nowMs(), workspaceId);
    },
    published(workspaceId, environment, revision, publishedAt) {
      registry.published(workspaceId, environment, revision, publishedAt.getTime());
    },
    async status(workspaceId, environment, asked) {
      const revision = asked ?? registry.newest(workspaceId, environment);
      const counts = registry.receipts(workspaceId, environment, revision);
      const groups = registry.groups(workspaceId, environment);
      const connected = groups.reduce((total, { clients }) => total + clients, 0);
      return receiptStatus(revision, counts, connected);
    },
    clients: async (workspaceId, environment) => registry.groups(workspaceId, environment),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      listeners.clear();
    },
  };
}
