/** What became of one event of a call that was taken. */
export type AppendOutcome = "accepted" | "duplicate";

/** Nothing of the call was taken; the same call may be sent again. */
export type AppendRefusal =
  | { readonly kind: "backpressure"; readonly retryAfterSeconds: number }
  | { readonly kind: "disk-failing"; readonly reason: string };
