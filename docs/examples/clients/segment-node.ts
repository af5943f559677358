import { Analytics } from "@segment/analytics-node";

/** Segment's client for Node, with Paceline as its host. */
export function connect(host: string, writeKey: string): Analytics {
  return new Analytics({ writeKey, host });
}
