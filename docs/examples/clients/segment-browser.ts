import { AnalyticsBrowser } from "@segment/analytics-next";

/** Segment's client for the browser: Paceline is the CDN of its settings and the host of its events. */
export function connect(host: string, writeKey: string): AnalyticsBrowser {
  return AnalyticsBrowser.load({ writeKey, cdnURL: host });
}
