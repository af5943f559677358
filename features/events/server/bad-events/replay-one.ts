import { applyEdits, resolvedEvent } from "../../domain/index.ts";
import type { EventEdit, FlatEvent } from "../../domain/index.ts";
import type { EventRouteDeps } from "../dependencies.ts";
import type { AppendRefusal } from "../event-store.ts";
import { dryRun, takeEvents } from "../intake/pipeline.ts";
import { receiptOf, reread } from "./reread.ts";
import type { BadRow, RereadScope } from "./reread.ts";

/** What the replay of one bad event comes to. */
export type Replayed =
  | { readonly outcome: "passes" }
  | { readonly outcome: "bad"; readonly path: string; readonly reason: string }
  | { readonly outcome: "refused"; readonly refusal: AppendRefusal };

/** An event as some edits leave it. */
export function edited(bad: BadRow, edits: readonly EventEdit[]): unknown {
  return applyEdits(bad.body.raw, edits);
}

/** Whether an event would pass now. Nothing is stored. */
export function tryEvent(
  deps: EventRouteDeps,
  bad: BadRow,
  raw: unknown,
  scope: RereadScope,
): Replayed {
  const receipt = receiptOf(bad, scope);
  const read = reread(bad, raw, receipt);
  if (!read.ok) return { outcome: "bad", ...read.error };
  // What is only watched is a fault in words, and passes all the same.
  const failed = dryRun(deps, receipt, read.value).find(
    ({ outcome }) => outcome === "bad" || outcome === "oversize",
  );
  if (failed === undefined) return { outcome: "passes" };
  const { path, reason } = failed.fault ?? { path: "", reason: "cannot be accepted" };
  return { outcome: "bad", path, reason };
}

/**
 * Takes an event in again by the way of every event, with its own id and instants. When this
 * resolves with `passes`, the event is durable; taking it once more changes nothing, because its id
 * is known.
 */
export async function replayEvent(
  deps: EventRouteDeps,
  bad: BadRow,
  raw: unknown,
  scope: RereadScope,
): Promise<Replayed> {
  const tried = tryEvent(deps, bad, raw, scope);
  if (tried.outcome !== "passes") return tried;
  const receipt = receiptOf(bad, scope);
  const read = reread(bad, raw, receipt);
  if (!read.ok) return { outcome: "bad", ...read.error };
  const taken = await takeEvents(deps, receipt, read.value);
  return taken.ok ? { outcome: "passes" } : { outcome: "refused", refusal: taken.error };
}

/** What takes a bad event off the list. */
export function resolution(
  { row }: BadRow,
  scope: RereadScope,
  how: {
    readonly outcome: "replayed" | "dismissed";
    readonly by: string;
    readonly reason: string | null;
    readonly at: number;
  },
): FlatEvent {
  const { workspace, environment } = scope;
  return resolvedEvent({ ...row, workspace, environment }, how);
}
