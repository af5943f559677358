import { listEnvironments, viewKeys } from "@paceline/access/server";
import type { EventRouteDeps, EventUpkeep } from "@paceline/events/server";

import type { Config } from "./config.ts";
import type { Parts } from "./parts.ts";
import { evaluatedFlags, servedFlagFacts } from "./served-flags.ts";
import { newId, serviceContext } from "./service-context.ts";

/** What the intake and the pages of the events need of the rest. */
export function eventRouteDeps(parts: Parts, { publicUrl }: Config): EventRouteDeps {
  const { clock, clocks, events, flagSets, authentication, tap, plans, logger, store } = parts;
  const { assignments } = parts;
  return {
    store: events,
    suppression: events.erasures.suppression,
    tap,
    plans,
    publicUrl,
    observer: parts.observer,
    newId: () => newId(clock),
    async findCaller(text) {
      const identity = await authentication.identityOfKey(text);
      if (identity === null || identity.actor.kind !== "key") return null;
      if (!identity.actor.scopes.includes("intake")) return null;
      const { workspaceId, environment } = identity;
      return { sourceId: identity.actor.id, workspaceId, environment };
    },
    async findEnvironmentTime(workspaceId, environment) {
      const replay = clocks.isReplay(workspaceId, environment);
      return { replay, now: clocks.now(workspaceId, environment) };
    },
    async listEnvironments(workspaceId) {
      const environments = await listEnvironments(store.db, workspaceId);
      return environments.map(({ key }) => key);
    },
    async listSourceKeys(workspaceId) {
      const keys = await viewKeys(store.db, workspaceId);
      return keys.filter(({ scopes }) => scopes.includes("intake"));
    },
    findServedFlag: (exposure) => servedFlagFacts(flagSets, exposure),
    async evaluateFlags(text, context) {
      const identity = await authentication.identityOfKey(text);
      const { actor, workspaceId, environment } = identity ?? {};
      if (actor?.kind !== "key") return null;
      if (!actor.scopes.some((scope) => scope === "evaluate" || scope === "browser")) return null;
      if (workspaceId === undefined || typeof environment !== "string") return null;
      const now = clocks.now(workspaceId, environment);
      const set = flagSets.get(workspaceId, environment);
      const assigned = await assignments.contextFor(set, null, context, now);
      return evaluatedFlags(set, assigned, now.getTime());
    },
    async forgetPerson(workspaceId, identifiers) {
      await assignments.erase(workspaceId, identifiers);
    },
    onError: (error) => logger.error({ err: error }, "events could not be taken"),
  };
}

const RECORD_AFTER_MS = 60_000;

/** What the upkeep of the events needs: it acts as the server. */
export function eventUpkeep({ store, events, clock, clocks }: Parts): EventUpkeep {
  return {
    db: store.db,
    store: events,
    serviceContext: (workspaceId) => serviceContext(store.db, clock, "event upkeep", workspaceId),
    environmentNow: (workspaceId, environment) => clocks.now(workspaceId, environment),
    recordAfterMs: RECORD_AFTER_MS,
  };
}
