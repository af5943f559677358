import { exposureEvent } from "../domain/index.ts";
import type { FlatEvent } from "../domain/index.ts";

/** The instant at which the events of the tests begin, a Monday. */
export const START = Date.UTC(2026, 0, 5);
export const HOUR = 3_600_000;
export const SCOPE = { workspace: "w1", environment: "production" } as const;

/** An order of one user, with what a test wants different. */
export function sampleEvent(parts: Partial<FlatEvent> = {}): FlatEvent {
  const unit = parts.unit ?? "u1";
  const at = parts.at ?? START;
  return {
    ...SCOPE,
    source: "shop",
    messageId: "m1",
    type: "track",
    event: "Order",
    unit,
    userId: unit,
    anonymousId: null,
    at,
    timestamp: at,
    sentAt: null,
    receivedAt: at,
    experimentId: null,
    flagKey: null,
    revision: null,
    variant: null,
    properties: "{}",
    context: "{}",
    ...parts,
  };
}

/** An exposure to a variant of the experiment `e1`. */
export function sampleExposure(unit: string, variant: string, at: number): FlatEvent {
  return exposureEvent({
    ...SCOPE,
    flagKey: "checkout",
    experimentId: "e1",
    revision: "1",
    variant,
    unit,
    at,
  });
}
