export { inRound } from "./quiet-span.ts";
export { readTelemetrySettings, SIGNALS } from "./settings.ts";
export type { Signal, SignalTarget, TelemetryFault, TelemetrySettings } from "./settings.ts";
export { activeSpan, during, inSpan, traceHeaders, traceParent, withSpan } from "./span.ts";
export type { ActiveSpan, SpanAttributes, SpanIdentity } from "./span.ts";
export { localTelemetry, openTelemetry } from "./telemetry.ts";
export type { Telemetry, TelemetryOptions } from "./telemetry.ts";
export type { RequestHeaders, Tracing } from "./tracing.ts";
