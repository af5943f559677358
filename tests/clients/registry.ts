import type { ClientRun } from "./sent-id.ts";

/** The clients of others, by name; each is loaded only in the process that runs it. */
export const CLIENTS: Readonly<Record<string, () => Promise<ClientRun>>> = {
  "segment-node": async () => (await import("./segment-clients.ts")).segmentNode,
  "segment-browser": async () => (await import("./segment-browser-client.ts")).segmentBrowser,
  "rudderstack-node": async () => (await import("./segment-clients.ts")).rudderstackNode,
  "posthog-node": async () => (await import("./posthog-client.ts")).posthogNode,
  "otlp-logs-json": async () => (await import("./otlp-clients.ts")).otlpLogs("json"),
  "otlp-logs-protobuf": async () => (await import("./otlp-clients.ts")).otlpLogs("protobuf"),
  "otlp-traces-json": async () => (await import("./otlp-clients.ts")).otlpTraces("json"),
  "otlp-traces-protobuf": async () => (await import("./otlp-clients.ts")).otlpTraces("protobuf"),
  "otlp-metrics-json": async () => (await import("./otlp-clients.ts")).otlpMetrics("json"),
  "otlp-metrics-protobuf": async () => (await import("./otlp-clients.ts")).otlpMetrics("protobuf"),
};
