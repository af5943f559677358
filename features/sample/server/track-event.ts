import type { FlatEvent } from "@paceline/events/domain";

import { clientOf } from "../domain/index.ts";

/** A `track` of an invented customer, as the intake would have flattened it. */
export function trackEvent(
  workspaceId: string,
  about: {
    readonly environment: string;
    readonly unit: string;
    readonly event: string;
    readonly at: number;
    readonly run: string;
    readonly seed: number;
    readonly properties: Readonly<Record<string, number | string>>;
  },
): FlatEvent {
  const { environment, unit, event, at, run, seed, properties } = about;
  const { source, library, country } = clientOf(seed, unit);
  return {
    workspace: workspaceId,
    environment,
    source,
    messageId: `${run} ${unit} ${event}`,
    type: "track",
    event,
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
    properties: JSON.stringify({ ...properties, country }),
    context: JSON.stringify({ library }),
  };
}
