import type { Result } from "@paceline/result";

import { contextEvent } from "../domain/index.ts";
import type { RecordedContext } from "../domain/index.ts";
import type { AppendOutcome, AppendRefusal, EventStore } from "./event-store.ts";

/**
 * Keeps sampled contexts, through the same log as all events. Of people who were erased for good
 * nothing is recorded.
 */
export function recordContexts(
  store: Pick<EventStore, "append" | "erasures">,
  contexts: readonly RecordedContext[],
): Promise<Result<readonly AppendOutcome[], AppendRefusal>> {
  const { suppression } = store.erasures;
  const events = contexts.map(contextEvent).filter((event) => !suppression.suppresses(event));
  return events.length === 0 ? Promise.resolve({ ok: true, value: [] }) : store.append(events);
}
