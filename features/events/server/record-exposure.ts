import type { Result } from "@paceline/result";

import { exposureEvent } from "../domain/index.ts";
import type { Exposure } from "../domain/index.ts";
import type { AppendOutcome, AppendRefusal, EventStore } from "./event-store.ts";

/**
 * Records exposures durably, through the same log as all events. `duplicate` means that the unit's
 * exposure to this variant and revision was recorded that day already.
 */
export function recordExposures(
  store: Pick<EventStore, "append">,
  exposures: readonly Exposure[],
): Promise<Result<readonly AppendOutcome[], AppendRefusal>> {
  return store.append(exposures.map(exposureEvent));
}

/** Records one exposure; calls that wait together share one write to the disk. */
export async function recordExposure(
  store: Pick<EventStore, "append">,
  exposure: Exposure,
): Promise<Result<AppendOutcome, AppendRefusal>> {
  const result = await recordExposures(store, [exposure]);
  return result.ok ? { ok: true, value: result.value[0] ?? "accepted" } : result;
}
