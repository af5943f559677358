import { Counter, Gauge } from "prom-client";
import type { Registry } from "prom-client";

import type { Signal } from "./settings.ts";

/** What became of the exports of one signal; as shown by `/metrics` and `paceline doctor`. */
export interface ExportState {
  exported(signal: Signal, items: number): void;
  failed(signal: Signal, items: number, reason: string): void;
}

/**
 * Counts exports, and reports when they begin to fail and when they work again: once each, because the
 * report is itself exported.
 */
export function createExportState(
  registry: Registry,
  onChange: (signal: Signal, failure: string | null) => void,
): ExportState {
  const items = new Counter({
    name: "paceline_telemetry_items_total",
    help: "Spans, metrics and log records handed to the OTLP endpoint, by what became of them",
    labelNames: ["signal", "outcome"],
    registers: [registry],
  });
  const up = new Gauge({
    name: "paceline_telemetry_up",
    help: "1 if the last export of the signal was taken, 0 if not",
    labelNames: ["signal"],
    registers: [registry],
  });
  const failing = new Set<Signal>();
  return {
    exported(signal, count) {
      items.inc({ signal, outcome: "exported" }, count);
      up.set({ signal }, 1);
      if (failing.delete(signal)) onChange(signal, null);
    },
    failed(signal, count, reason) {
      items.inc({ signal, outcome: "lost" }, count);
      up.set({ signal }, 0);
      if (failing.has(signal)) return;
      failing.add(signal);
      onChange(signal, reason);
    },
  };
}
