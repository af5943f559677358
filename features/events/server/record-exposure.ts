import type { Result } from "@paceline/result";

import { exposureEvent } from "../domain/index.ts";
import type { Exposure } from "../domain/index.ts";
import type { AppendOutcome, AppendRefusal, EventStore } from "./event-store.ts";
import type { LiveTap } from "./live-tap.ts";

/**
 * Records exposures durably, through the same log as all events. `duplicate` means that the unit's
 * exposure to this variant was recorded that day already, by us or by a client.
 */
export function recordExposures(
  store: Pick<EventStore, "append">,
  exposures: readonly Exposure[],
): Promise<Result<readonly AppendOutcome[], AppendRefusal>> {
  return store.append(exposures.map(exposureEvent));
}

/**
 * Records one exposure and shows it; calls that wait together share one write to the disk. Of a person
 * who was erased for good nothing is recorded.
 */
export async function recordExposure(
  {
    store,
    tap,
  }: { readonly store: Pick<EventStore, "append" | "erasures">; readonly tap?: LiveTap },
  exposure: Exposure,
): Promise<Result<AppendOutcome | "suppressed", AppendRefusal>> {
  const event = exposureEvent(exposure);
  if (store.erasures.suppression.suppresses(event)) return { ok: true, value: "suppressed" };
  const result = await store.append([event]);
  if (!result.ok) return result;
  const [outcome = "accepted"] = result.value;
  if (outcome === "accepted") tap?.publish({ event, verdict: null, fault: null });
  return { ok: true, value: outcome };
}
