import { SeverityNumber } from "@opentelemetry/api-logs";
import { OTLPLogExporter as JsonLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPMetricExporter as JsonMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPTraceExporter as JsonTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import type { LogRecordExporter, ReadableLogRecord } from "@opentelemetry/sdk-logs";
import {
  AggregationTemporality,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import type { PushMetricExporter, ResourceMetrics } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import type { ReadableSpan, SpanExporter } from "@opentelemetry/sdk-trace-base";

import { connect } from "../../docs/examples/clients/opentelemetry.ts";
import { Deliveries, inGroups, SENT_ID } from "./sent-id.ts";
import type { ClientRun, ClientTask } from "./sent-id.ts";

/** Requests of 100 records; the other settings are the SDK's, with 30 s for an export and its retries. */
const BATCH = {
  maxExportBatchSize: 100,
  maxQueueSize: 20_000,
  exportTimeoutMillis: 60_000,
} as const;
const RESOURCE = resourceFromAttributes({
  "service.name": "shop",
  "service.instance.id": "shop-1",
});

type Encoding = "json" | "protobuf";
type ExportResult = Parameters<Parameters<SpanExporter["export"]>[1]>[0];

/** The exporters of one encoding; JSON is also sent in gzip. */
function exportersOf(encoding: Encoding, { host, writeKey }: ClientTask) {
  if (encoding === "protobuf") return connect(host, writeKey);
  const headers = { authorization: `Bearer ${writeKey}` };
  // The values of the package's enumeration, which Node's type stripping cannot import by itself.
  const shared = { headers, timeoutMillis: 30_000, compression: "gzip" } as const;
  return {
    logs: new JsonLogExporter({ url: `${host}/v1/logs`, ...shared } as object),
    traces: new JsonTraceExporter({ url: `${host}/v1/traces`, ...shared } as object),
    metrics: new JsonMetricExporter({ url: `${host}/v1/metrics`, ...shared } as object),
  };
}

/** Notes what the exporter says of each batch. */
function noting<T>(
  exporter: { export(items: T, done: (result: ExportResult) => void): void },
  idsOf: (items: T) => readonly string[],
  deliveries: Deliveries,
) {
  return (items: T, done: (result: ExportResult) => void): void => {
    exporter.export(items, (result) => {
      const error = result.code === 0 ? null : (result.error ?? new Error("not delivered"));
      for (const id of idsOf(items)) deliveries.settle(id, error);
      done(result);
    });
  };
}

const marked = (attributes: Readonly<Record<string, unknown>>): string =>
  String(attributes[SENT_ID]);

export const otlpLogs =
  (encoding: Encoding): ClientRun =>
  async (task) => {
    const { logs } = exportersOf(encoding, task);
    const deliveries = new Deliveries();
    const exporter: LogRecordExporter = {
      export: noting(
        logs,
        (records: ReadableLogRecord[]) => records.map(({ attributes }) => marked(attributes)),
        deliveries,
      ),
      forceFlush: async () => undefined,
      shutdown: () => logs.shutdown(),
    };
    const provider = new LoggerProvider({
      resource: RESOURCE,
      processors: [new BatchLogRecordProcessor({ exporter, ...BATCH })],
    });
    const logger = provider.getLogger("drill");
    const send = (place: number): void => {
      const id = `otlp-logs-${encoding}-${place}`;
      const attributes = { [SENT_ID]: id, "user.id": `user-${place % 500}` };
      if (place % 8 === 5) {
        logger.emit({
          eventName: "feature_flag.evaluation",
          attributes: {
            ...attributes,
            "feature_flag.key": `drill-${encoding}`,
            "feature_flag.result.variant": "b",
            "feature_flag.context.id": `reader-${place}`,
          },
        });
      } else {
        const severityNumber = SeverityNumber.INFO;
        logger.emit({
          eventName: "order.completed",
          severityNumber,
          body: `order ${place}`,
          attributes,
        });
      }
    };
    await inGroups(task.events, send, () => provider.forceFlush().catch(() => undefined));
    await provider.shutdown();
    return deliveries.all(task.events);
  };

export const otlpTraces =
  (encoding: Encoding): ClientRun =>
  async (task) => {
    const { traces } = exportersOf(encoding, task);
    const deliveries = new Deliveries();
    const exporter: SpanExporter = {
      export: noting(
        traces,
        (spans: ReadableSpan[]) => spans.map(({ attributes }) => marked(attributes)),
        deliveries,
      ),
      shutdown: () => traces.shutdown(),
    };
    const provider = new BasicTracerProvider({
      resource: RESOURCE,
      spanProcessors: [new BatchSpanProcessor(exporter, BATCH)],
    });
    const tracer = provider.getTracer("drill");
    const send = (place: number): void => {
      const attributes = {
        [SENT_ID]: `otlp-traces-${encoding}-${place}`,
        "user.id": `user-${place % 500}`,
      };
      tracer.startSpan("checkout", { attributes }).end();
    };
    await inGroups(task.events, send, () => provider.forceFlush().catch(() => undefined));
    await provider.shutdown();
    return deliveries.all(task.events);
  };

// Divides the events of both forms of the drill.
const SLOTS = 40;

/** Counters of deltas: point `slot:collection` counts its collection's number, so each is told apart. */
export const otlpMetrics =
  (encoding: Encoding): ClientRun =>
  async (task) => {
    const { metrics } = exportersOf(encoding, task);
    const deliveries = new Deliveries();
    const exporter: PushMetricExporter = {
      export: noting(metrics, (batch: ResourceMetrics) => pointIds(encoding, batch), deliveries),
      selectAggregationTemporality: () => AggregationTemporality.DELTA,
      forceFlush: async () => undefined,
      shutdown: () => metrics.shutdown(),
    };
    const reader = new PeriodicExportingMetricReader({
      exporter,
      exportIntervalMillis: 3_600_000,
      exportTimeoutMillis: 60_000,
    });
    const provider = new MeterProvider({ resource: RESOURCE, readers: [reader] });
    const counter = provider.getMeter("drill").createCounter("orders");
    const slots = Math.min(SLOTS, task.events);
    const collections = Math.floor(task.events / slots);
    for (let collection = 1; collection <= collections; collection += 1) {
      for (let slot = 0; slot < slots; slot += 1) {
        counter.add(collection, { slot: `otlp-metrics-${encoding}-${slot}` });
      }
      await reader.forceFlush().catch(() => undefined);
    }
    const report = await deliveries.all(collections * slots);
    await provider.shutdown().catch(() => undefined);
    return report;
  };

function pointIds(encoding: Encoding, { scopeMetrics }: ResourceMetrics): string[] {
  return scopeMetrics.flatMap(({ metrics }) =>
    metrics.flatMap(({ dataPoints }) =>
      dataPoints.map(
        ({ attributes, value }) => `${String(attributes["slot"])}-${JSON.stringify(value)}`,
      ),
    ),
  );
}
