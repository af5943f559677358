import { fields, items, own, textOr } from "../reading.ts";
import type { Fields } from "../reading.ts";

/** What an Unleash client knows: features by name and segments by number. */
export interface UnleashState {
  readonly features: ReadonlyMap<string, Fields>;
  readonly segments: ReadonlyMap<unknown, Fields>;
}

interface Draft {
  readonly features: Map<string, Fields>;
  readonly segments: Map<unknown, Fields>;
}

function put(state: Draft, features: unknown, segments: unknown): void {
  for (const feature of items(features)) {
    state.features.set(textOr(own(feature, "name"), ""), fields(feature));
  }
  for (const segment of items(segments)) state.segments.set(own(segment, "id"), fields(segment));
}

function apply(state: Draft, event: unknown): void {
  switch (own(event, "type")) {
    case "hydration":
      state.features.clear();
      state.segments.clear();
      put(state, own(event, "features"), own(event, "segments"));
      break;
    case "feature-updated":
      put(state, [own(event, "feature")], []);
      break;
    case "feature-removed":
      state.features.delete(textOr(own(event, "featureName"), ""));
      break;
    case "segment-updated":
      put(state, [], [own(event, "segment")]);
      break;
    case "segment-removed":
      state.segments.delete(own(event, "segmentId"));
      break;
  }
}

/** Reads what `/api/client/features` or `/api/client/delta` answers. */
export function readState(document: unknown): UnleashState {
  const state: Draft = { features: new Map(), segments: new Map() };
  put(state, own(document, "features"), own(document, "segments"));
  for (const event of items(own(document, "events"))) apply(state, event);
  state.features.delete("");
  return state;
}
