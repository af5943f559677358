import { randomBytes } from "node:crypto";

import type { HrTime } from "@opentelemetry/api";
import { ExportResultCode, millisToHrTime } from "@opentelemetry/core";
import type { ExportResult } from "@opentelemetry/core";
import { CompressionAlgorithm } from "@opentelemetry/otlp-exporter-base";
import type { OTLPExporterNodeConfigBase } from "@opentelemetry/otlp-exporter-base";
import { defaultResource, resourceFromAttributes } from "@opentelemetry/resources";
import type { Resource } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import type { MetricProducer, ResourceMetrics } from "@opentelemetry/sdk-metrics";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { Sampler } from "@opentelemetry/sdk-trace";
import type { Registry } from "prom-client";

import { createExportState } from "./export-state.ts";
import type { ExportState } from "./export-state.ts";
import { bridgeLine } from "./log-bridge.ts";
import { bridgeMetrics } from "./metric-bridge.ts";
import type { Signal, SignalTarget, TelemetrySettings } from "./settings.ts";
import { activeSpan, traceParent } from "./span.ts";
import { OWN_EXPORT, tracingOf } from "./tracing.ts";
import type { Tracing } from "./tracing.ts";

/** The three signals on their way out. */
export interface Exporter {
  readonly tracing: Tracing | null;
  /** Takes a line of the log. */
  readonly log: ((line: string) => void) | null;
  /** Sends what waits. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export interface ExporterOptions {
  readonly settings: TelemetrySettings;
  readonly version: string;
  /** Names this process among those of the service. */
  readonly instanceId: string;
  readonly registry: Registry;
  readonly startedAt: Date;
  readonly onExportChange: (signal: Signal, failure: string | null) => void;
}

interface Provider {
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}

const SCOPE = "paceline";

/** Builds what the settings ask for; loaded only then, for the SDK is most of the cost of the start. */
export async function createExporter(options: ExporterOptions): Promise<Exporter> {
  const { settings, version, instanceId, registry, onExportChange } = options;
  const state = createExportState(registry, onExportChange);
  const { traces, metrics, logs } = settings.targets;
  const resource = defaultResource().merge(
    resourceFromAttributes({
      "service.version": version,
      "service.instance.id": instanceId,
      ...settings.resource,
    }),
  );
  const tracer =
    traces === undefined ? null : await tracerProvider(settings, state, resource, traces);
  const meter =
    metrics === undefined ? null : await meterProvider(options, state, resource, metrics);
  const logger = logs === undefined ? null : await loggerProvider(state, resource, logs);
  const providers: Provider[] = [tracer, meter, logger].filter((provider) => provider !== null);
  return {
    tracing: tracer === null ? null : tracingOf(tracer.getTracer(SCOPE, version)),
    log: logger === null ? null : logSink(logger, version),
    async flush() {
      await Promise.allSettled(providers.map((provider) => provider.forceFlush()));
    },
    async close() {
      await Promise.allSettled(providers.map((provider) => provider.shutdown()));
    },
  };
}

async function tracerProvider(
  settings: TelemetrySettings,
  state: ExportState,
  resource: Resource,
  target: SignalTarget,
): Promise<TracerProvider> {
  const { OTLPTraceExporter } =
    target.protocol === "http/json"
      ? await import("@opentelemetry/exporter-trace-otlp-http")
      : await import("@opentelemetry/exporter-trace-otlp-proto");
  const exporter = new OTLPTraceExporter(configOf(target));
  count(exporter, "traces", state, (spans: readonly unknown[]) => spans.length);
  return new TracerProvider({
    resource,
    sampler: samplerOf(settings),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
}

async function meterProvider(
  { settings, registry, startedAt }: ExporterOptions,
  state: ExportState,
  resource: Resource,
  target: SignalTarget,
): Promise<MeterProvider> {
  const { OTLPMetricExporter } =
    target.protocol === "http/json"
      ? await import("@opentelemetry/exporter-metrics-otlp-http")
      : await import("@opentelemetry/exporter-metrics-otlp-proto");
  const exporter = new OTLPMetricExporter(configOf(target));
  count(exporter, "metrics", state, ({ scopeMetrics }: ResourceMetrics) =>
    scopeMetrics.reduce((sum, { metrics }) => sum + metrics.length, 0),
  );
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: settings.metricIntervalMs,
    exportTimeoutMillis: Math.min(target.timeoutMs, settings.metricIntervalMs),
    metricProducers: [producerOf(registry, resource, millisToHrTime(startedAt.getTime()))],
  });
  return new MeterProvider({ resource, readers: [reader] });
}

function producerOf(registry: Registry, resource: Resource, start: HrTime): MetricProducer {
  return {
    async collect() {
      const end = millisToHrTime(Date.now());
      const metrics = bridgeMetrics(await registry.getMetricsAsJSON(), start, end);
      const scopeMetrics = [{ scope: { name: SCOPE }, metrics }];
      return { resourceMetrics: { resource, scopeMetrics }, errors: [] };
    },
  };
}

async function loggerProvider(
  state: ExportState,
  resource: Resource,
  target: SignalTarget,
): Promise<LoggerProvider> {
  const { OTLPLogExporter } =
    target.protocol === "http/json"
      ? await import("@opentelemetry/exporter-logs-otlp-http")
      : await import("@opentelemetry/exporter-logs-otlp-proto");
  const exporter = new OTLPLogExporter(configOf(target));
  count(exporter, "logs", state, (logs: readonly unknown[]) => logs.length);
  return new LoggerProvider({ resource, processors: [new BatchLogRecordProcessor({ exporter })] });
}

function logSink(provider: LoggerProvider, version: string): (line: string) => void {
  const logger = provider.getLogger(SCOPE, version);
  return (line) => {
    // What taking in our own exports logs must not be exported in turn.
    if (activeSpan()?.isOwnExport === true) return;
    const record = bridgeLine(line);
    if (record !== null) logger.emit(record);
  };
}

/** Counts what becomes of the exports of an exporter of the SDK. */
function count<Batch>(
  exporter: { export(batch: Batch, done: (result: ExportResult) => void): void },
  signal: Signal,
  state: ExportState,
  sizeOf: (batch: Batch) => number,
): void {
  const send = exporter.export.bind(exporter);
  exporter.export = (batch, done) => {
    send(batch, (result) => {
      const size = sizeOf(batch);
      if (result.code === ExportResultCode.SUCCESS) state.exported(signal, size);
      else state.failed(signal, size, result.error?.message ?? "the endpoint refused it");
      done(result);
    });
  };
}

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;

function configOf({
  url,
  headers,
  timeoutMs,
  isCompressed,
}: SignalTarget): OTLPExporterNodeConfigBase {
  const unsampled = {
    traceId: randomBytes(TRACE_ID_BYTES).toString("hex"),
    spanId: randomBytes(SPAN_ID_BYTES).toString("hex"),
    isSampled: false,
  };
  return {
    url,
    timeoutMillis: timeoutMs,
    compression: isCompressed ? CompressionAlgorithm.GZIP : CompressionAlgorithm.NONE,
    headers: {
      ...headers,
      traceparent: traceParent(unsampled),
      tracestate: `${OWN_EXPORT.key}=${OWN_EXPORT.value}`,
    },
  };
}

function samplerOf({ sampler, sampledShare }: TelemetrySettings): Sampler {
  const ratio = new TraceIdRatioBasedSampler(sampledShare);
  switch (sampler) {
    case "always_on":
      return new AlwaysOnSampler();
    case "always_off":
      return new AlwaysOffSampler();
    case "traceidratio":
      return ratio;
    case "parentbased_always_on":
      return new ParentBasedSampler({ root: new AlwaysOnSampler() });
    case "parentbased_always_off":
      return new ParentBasedSampler({ root: new AlwaysOffSampler() });
    case "parentbased_traceidratio":
      return new ParentBasedSampler({ root: ratio });
  }
}
