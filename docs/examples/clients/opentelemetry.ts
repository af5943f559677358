import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";

/** OpenTelemetry's exporters. The `-http` packages send the same in JSON. */
export function connect(host: string, writeKey: string) {
  const headers = { authorization: `Bearer ${writeKey}` };
  const shared = { headers, timeoutMillis: 30_000 };
  return {
    logs: new OTLPLogExporter({ url: `${host}/v1/logs`, ...shared }),
    traces: new OTLPTraceExporter({ url: `${host}/v1/traces`, ...shared }),
    metrics: new OTLPMetricExporter({ url: `${host}/v1/metrics`, ...shared }),
  };
}
