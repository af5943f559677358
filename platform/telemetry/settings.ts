import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";

export const SIGNALS = ["traces", "metrics", "logs"] as const;
/** The three kinds of telemetry. */
export type Signal = (typeof SIGNALS)[number];

/** Where one signal goes. */
export interface SignalTarget {
  readonly url: string;
  /** May hold credentials: never shown. */
  readonly headers: Readonly<Record<string, string>>;
  readonly protocol: "http/protobuf" | "http/json";
  readonly isCompressed: boolean;
  readonly timeoutMs: number;
}

const SAMPLERS = [
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
  "always_on",
  "always_off",
  "traceidratio",
] as const;

/** What OpenTelemetry's standard environment variables ask for. */
export interface TelemetrySettings {
  readonly targets: Readonly<Partial<Record<Signal, SignalTarget>>>;
  readonly sampler: (typeof SAMPLERS)[number];
  /** Share of traces kept by the ratio samplers, 0 to 1. */
  readonly sampledShare: number;
  readonly metricIntervalMs: number;
  readonly resource: Readonly<Record<string, string>>;
}

/** A variable that cannot be used, and the rule that it breaks. */
export interface TelemetryFault {
  readonly variable: string;
  readonly rule: string;
}

type Env = Readonly<Record<string, string | undefined>>;

const TIMEOUT_MS = 10_000;
const METRIC_INTERVAL_MS = 60_000;

/**
 * Reads OpenTelemetry's standard variables. A variable of one signal wins over the general one.
 *
 * @returns null if no endpoint is named or the SDK is disabled, else what to do, or every fault
 * @see https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 */
export function readTelemetrySettings(
  env: Env,
): Result<TelemetrySettings | null, readonly TelemetryFault[]> {
  const faults: TelemetryFault[] = [];
  const fault = (variable: string, rule: string): undefined => {
    faults.push({ variable, rule });
    return undefined;
  };
  if (text(env, "OTEL_SDK_DISABLED").toLowerCase() === "true") return ok(null);
  const targets: Partial<Record<Signal, SignalTarget>> = {};
  for (const signal of SIGNALS) {
    const target = readTarget(env, signal, fault);
    if (target !== null) targets[signal] = target;
  }
  if (Object.keys(targets).length === 0 && faults.length === 0) return ok(null);
  const sampler = SAMPLERS.find((name) => name === text(env, "OTEL_TRACES_SAMPLER", SAMPLERS[0]));
  if (sampler === undefined) fault("OTEL_TRACES_SAMPLER", `must be one of ${SAMPLERS.join(", ")}`);
  const settings = {
    targets,
    sampler: sampler ?? SAMPLERS[0],
    sampledShare: readShare(env, "OTEL_TRACES_SAMPLER_ARG", fault),
    metricIntervalMs: readMs(env, "OTEL_METRIC_EXPORT_INTERVAL", METRIC_INTERVAL_MS, fault),
    resource: readResource(env, fault),
  };
  return faults.length === 0 ? ok(settings) : err(faults);
}

type Fault = (variable: string, rule: string) => undefined;

function text(env: Env, name: string, fallback = ""): string {
  const value = env[name]?.trim() ?? "";
  return value === "" ? fallback : value;
}

/** The variable of one signal where it is set, else the general one. */
function pick(env: Env, signal: Signal, name: string): { variable: string; value: string } {
  const own = `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_${name}`;
  const value = text(env, own);
  if (value !== "") return { variable: own, value };
  const general = `OTEL_EXPORTER_OTLP_${name}`;
  return { variable: general, value: text(env, general) };
}

function readTarget(env: Env, signal: Signal, fault: Fault): SignalTarget | null {
  const exporter = `OTEL_${signal.toUpperCase()}_EXPORTER`;
  const kind = text(env, exporter, "otlp");
  if (kind === "none") return null;
  const url = readUrl(env, signal, fault);
  if (url === null) return null;
  if (kind !== "otlp") fault(exporter, "must be otlp or none");
  const protocol = pick(env, signal, "PROTOCOL");
  if (!["", "http/protobuf", "http/json"].includes(protocol.value)) {
    fault(protocol.variable, "must be http/protobuf or http/json; gRPC is not spoken");
  }
  const compression = pick(env, signal, "COMPRESSION");
  if (!["", "none", "gzip"].includes(compression.value)) {
    fault(compression.variable, "must be gzip or none");
  }
  const headers = pick(env, signal, "HEADERS");
  const timeout = pick(env, signal, "TIMEOUT");
  return {
    url,
    headers: readPairs(headers.value) ?? fault(headers.variable, PAIRS_RULE) ?? {},
    protocol: protocol.value === "http/json" ? "http/json" : "http/protobuf",
    isCompressed: compression.value === "gzip",
    timeoutMs: readMs(env, timeout.variable, TIMEOUT_MS, fault),
  };
}

/** A general endpoint gets the signal's path appended; one of a signal is taken as it is. */
function readUrl(env: Env, signal: Signal, fault: Fault): string | null {
  const { variable, value } = pick(env, signal, "ENDPOINT");
  if (value === "") return null;
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || !/^https?:$/.test(url.protocol) || url.username !== "") {
    fault(variable, "must be an http:// or https:// URL without a user name");
    return null;
  }
  if (variable !== "OTEL_EXPORTER_OTLP_ENDPOINT") return url.href;
  url.pathname = `${url.pathname.replace(/\/$/, "")}/v1/${signal}`;
  return url.href;
}

const PAIRS_RULE = "must be a list such as `name=value,other=value`, percent-encoded";

/** Pairs as in W3C Baggage; null if they cannot be read. */
function readPairs(list: string): Record<string, string> | null {
  const pairs: [string, string][] = [];
  for (const item of list.split(",")) {
    if (item.trim() === "") continue;
    const at = item.indexOf("=");
    const name = item.slice(0, Math.max(0, at)).trim();
    if (name === "") return null;
    try {
      pairs.push([decodeURIComponent(name), decodeURIComponent(item.slice(at + 1).trim())]);
    } catch {
      return null;
    }
  }
  return Object.fromEntries(pairs);
}

function readShare(env: Env, variable: string, fault: Fault): number {
  const share = Number(text(env, variable, "1"));
  if (share >= 0 && share <= 1) return share;
  return fault(variable, "must be a number from 0 to 1") ?? 1;
}

function readMs(env: Env, variable: string, fallback: number, fault: Fault): number {
  const ms = Number(text(env, variable, String(fallback)));
  if (Number.isFinite(ms) && ms > 0) return ms;
  return fault(variable, "must be milliseconds above 0") ?? fallback;
}

function readResource(env: Env, fault: Fault): Readonly<Record<string, string>> {
  const variable = "OTEL_RESOURCE_ATTRIBUTES";
  const pairs = readPairs(text(env, variable)) ?? fault(variable, PAIRS_RULE) ?? {};
  const name = text(env, "OTEL_SERVICE_NAME", pairs["service.name"] ?? "paceline");
  return { ...pairs, "service.name": name };
}
