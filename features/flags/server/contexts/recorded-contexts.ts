import type { Db, Notifications } from "@paceline/db";
import type { EvaluationContext } from "@paceline/flag-eval";

import { keptText, rankPosition } from "../../domain/index.ts";
import type { ContextSample, SampledContext } from "../../domain/index.ts";
import type { ContextStore } from "./context-store.ts";
import { createContextRecorder } from "./recorder.ts";
import type { ContextRecorder } from "./recorder.ts";
import { openContextSettings } from "./settings.ts";
import type { ContextRules } from "./settings.ts";

/** Most contexts that are read at once: a few MB, and enough for shares within one in a hundred. */
export const MAX_SAMPLE = 10_000;

export interface SampleRange {
  /** Instants on the environment's clock. */
  readonly since: Date;
  readonly until: Date;
  readonly limit: number;
}

/** The sampled contexts of every environment: taken here, kept in the event store. */
export interface RecordedContexts extends ContextRecorder {
  /**
   * Real contexts that were evaluated in `[since, until)`; empty where none were recorded.
   *
   * @throws what the event store throws
   */
  sample(workspaceId: string, environment: string, range: SampleRange): Promise<ContextSample>;
  /** What is recorded of an environment's contexts. */
  rules(workspaceId: string, environment: string): ContextRules;
  /** Resolves when the settings are as new as the database. */
  refreshSettings(): Promise<void>;
}

export interface RecordedContextsOptions {
  readonly db: Db;
  readonly notifications?: Notifications;
  readonly store: ContextStore;
  readonly onError: (error: unknown) => void;
  /** Between two writes; 0 for none but those that are asked for. */
  readonly flushMs?: number;
}

/** Opens what takes and gives the samples of this process. */
export async function openRecordedContexts(
  options: RecordedContextsOptions,
): Promise<RecordedContexts> {
  const settings = await openContextSettings(options);
  const recorder = createContextRecorder({ ...options, settings });
  const { store } = options;
  return {
    offer: (...offered) => recorder.offer(...offered),
    flush: () => recorder.flush(),
    rules: (workspaceId, environment) => settings.of(workspaceId, environment),
    refreshSettings: () => settings.refresh(),
    async sample(workspaceId, environment, { since, until, limit }) {
      const rows = await store.read(workspaceId, environment, {
        from: since.getTime(),
        to: until.getTime(),
        limit: Math.min(limit, MAX_SAMPLE),
      });
      const { neverRecorded } = settings.of(workspaceId, environment);
      const last = rows.at(-1);
      const isCut = last !== undefined && rows.length >= Math.min(limit, MAX_SAMPLE);
      // All units below the share were recorded, so that those are a fair sample; a cut lowers it.
      const share = Math.min(last?.lowestShare ?? 1, isCut ? rankPosition(last.rank) : 1);
      return {
        contexts: rows.flatMap((row): readonly SampledContext[] => {
          if (rankPosition(row.rank) >= share) return [];
          const context = readContext(row.context, neverRecorded);
          return context === null ? [] : [{ rank: row.rank, unit: row.unit, at: row.at, context }];
        }),
        share,
        neverRecorded: [...neverRecorded].toSorted(),
      };
    },
    async close() {
      await recorder.close();
      settings.close();
    },
  };
}

/** What is never recorded by now is not shown either, although an older context may hold it. */
function readContext(text: string, neverRecorded: ReadonlySet<string>): EvaluationContext | null {
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== "object" || parsed === null) return null;
  const kept = keptText(Object.fromEntries(Object.entries(parsed)), neverRecorded);
  const context: unknown = kept === null ? null : JSON.parse(kept);
  return typeof context === "object" && context !== null
    ? Object.fromEntries(Object.entries(context))
    : null;
}
