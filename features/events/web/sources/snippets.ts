/** The clients of others that send events here by changing one host name. */
export const clients = [
  { value: "segment-node", label: "Segment, Node" },
  { value: "segment-web", label: "Segment, browser" },
  { value: "rudderstack-node", label: "RudderStack, Node" },
  { value: "posthog-node", label: "PostHog, Node" },
  { value: "otel-json", label: "OpenTelemetry, JSON" },
  { value: "otel-protobuf", label: "OpenTelemetry, protobuf" },
  { value: "curl", label: "curl" },
] as const;

export type Client = (typeof clients)[number]["value"];

export type Snippet = {
  readonly install: string | null;
  readonly language: string;
  readonly code: string;
  /** What else is to know. */
  readonly note: string;
};

/**
 * Code that sends one event with another vendor's client, as it stands.
 *
 * @param origin of this server, such as `https://paceline.example`
 * @param key    an intake key
 */
export function snippetFor(client: Client, origin: string, key: string): Snippet {
  return makers[client](origin, key);
}

type Maker = (origin: string, key: string) => Snippet;

const makers: Readonly<Record<Client, Maker>> = {
  "segment-node": (origin, key) => ({
    install: "npm install @segment/analytics-node",
    language: "typescript",
    code: `import { Analytics } from "@segment/analytics-node";

const analytics = new Analytics({
  writeKey: "${key}",
  host: "${origin}",
});
analytics.track({
  userId: "customer-1",
  event: "Order Completed",
  properties: { revenue: 64.1, currency: "EUR" },
});
await analytics.closeAndFlush();`,
    note: "Only the host and the key differ from what you have.",
  }),
  "segment-web": (origin, key) => ({
    install: "npm install @segment/analytics-next",
    language: "typescript",
    code: `import { AnalyticsBrowser } from "@segment/analytics-next";

const analytics = AnalyticsBrowser.load(
  { writeKey: "${key}", cdnURL: "${origin}" },
  { integrations: { "Segment.io": { apiHost: "${origin.replace(/^https?:\/\//u, "")}/v1", protocol: "${origin.startsWith("https") ? "https" : "http"}" } } },
);
await analytics.track("Order Completed", { revenue: 64.1, currency: "EUR" });`,
    note: "An intake key can only write, so a page may carry it.",
  }),
  "rudderstack-node": (origin, key) => ({
    install: "npm install @rudderstack/rudder-sdk-node",
    language: "typescript",
    code: `import RudderAnalytics from "@rudderstack/rudder-sdk-node";

const analytics = new RudderAnalytics("${key}", {
  dataPlaneUrl: "${origin}/v1/batch",
  errorHandler: (error) => console.error(error),
});
analytics.track({
  userId: "customer-1",
  event: "Order Completed",
  properties: { revenue: 64.1, currency: "EUR" },
});
await analytics.flush();`,
    note: "Keep the error handler: without one this client ends your process on a refusal.",
  }),
  "posthog-node": (origin, key) => ({
    install: "npm install posthog-node",
    language: "typescript",
    code: `import { PostHog } from "posthog-node";

const posthog = new PostHog("${key}", { host: "${origin}" });
posthog.capture({
  distinctId: "customer-1",
  event: "Order Completed",
  properties: { revenue: 64.1, currency: "EUR" },
});
await posthog.shutdown();`,
    note: "Reading a flag with this client sends its exposure by itself.",
  }),
  "otel-json": (origin, key) => ({
    install: "npm install @opentelemetry/sdk-logs @opentelemetry/exporter-logs-otlp-http",
    language: "typescript",
    code: otel("@opentelemetry/exporter-logs-otlp-http", origin, key),
    note: "Any OpenTelemetry SDK or Collector can send here over OTLP/HTTP.",
  }),
  "otel-protobuf": (origin, key) => ({
    install: "npm install @opentelemetry/sdk-logs @opentelemetry/exporter-logs-otlp-proto",
    language: "typescript",
    code: otel("@opentelemetry/exporter-logs-otlp-proto", origin, key),
    note: "Any OpenTelemetry SDK or Collector can send here over OTLP/HTTP.",
  }),
  curl: (origin, key) => ({
    install: null,
    language: "bash",
    code: `curl ${origin}/v1/track -u "${key}:" \\
  -H "content-type: application/json" \\
  -d '{"userId": "customer-1", "event": "Order Completed", "messageId": "order-1"}'`,
    note: "The same message id sent again is answered as a duplicate and counts once.",
  }),
};

function otel(exporter: string, origin: string, key: string): string {
  return `import { OTLPLogExporter } from "${exporter}";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";

const provider = new LoggerProvider({
  processors: [
    new BatchLogRecordProcessor(
      new OTLPLogExporter({
        url: "${origin}/v1/logs",
        headers: { authorization: "Bearer ${key}" },
      }),
    ),
  ],
});
provider.getLogger("shop").emit({
  eventName: "order.completed",
  attributes: { "user.id": "customer-1", revenue: 64.1, currency: "EUR" },
});
await provider.shutdown();`;
}
