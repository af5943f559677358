import { randomUUID } from "node:crypto";

import type { Registry } from "prom-client";

import type { Signal, TelemetrySettings } from "./settings.ts";
import type { Tracing } from "./tracing.ts";

/** What a process tells about itself. */
export interface Telemetry {
  /** The figures of this process, for `/metrics` and the exporter alike. */
  readonly registry: Registry;
  /** Null while no traces are exported: then no span is made. */
  readonly tracing: Tracing | null;
  /** Takes each line of the log; null while no logs are exported. */
  readonly log: ((line: string) => void) | null;
  /** Sends what waits. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export interface TelemetryOptions {
  readonly registry: Registry;
  readonly settings: TelemetrySettings | null;
  readonly version: string;
  readonly startedAt: Date;
  /** Told when exports begin to fail, with the reason, and with null when they work again. */
  readonly onExportChange: (signal: Signal, failure: string | null) => void;
}

/** Telemetry that stays in the process: figures only. */
export function localTelemetry(registry: Registry): Telemetry {
  const nothing = async (): Promise<void> => undefined;
  return { registry, tracing: null, log: null, flush: nothing, close: nothing };
}

/** Telemetry as the settings have it. The OpenTelemetry SDK is loaded only if something is exported. */
export async function openTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const { registry, settings } = options;
  if (settings === null) return localTelemetry(registry);
  const { createExporter } = await import("./exporter.ts");
  const exporter = await createExporter({ ...options, settings, instanceId: randomUUID() });
  return { registry, ...exporter };
}
