import { readTelemetrySettings, SIGNALS } from "@paceline/telemetry";
import type { Signal, SignalTarget } from "@paceline/telemetry";

const ANSWER_WITHIN_MS = 3_000;

type Env = Readonly<Record<string, string | undefined>>;

/** What an endpoint says to an export of nothing; null if it takes it. Shows no headers and no path. */
async function refusalOf(signal: Signal, target: SignalTarget): Promise<string | null> {
  const isJson = target.protocol === "http/json";
  const { origin } = new URL(target.url);
  try {
    const response = await fetch(target.url, {
      method: "POST",
      headers: {
        ...target.headers,
        "content-type": isJson ? "application/json" : "application/x-protobuf",
      },
      body: isJson ? "{}" : new Uint8Array(),
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    await response.arrayBuffer();
    return response.ok ? null : `${signal}: ${origin} answers ${response.status}`;
  } catch {
    return `${signal}: ${origin} does not answer`;
  }
}

/** The signals whose last export by the running server failed; empty without a server. */
async function failingOf(metricsUrl: string): Promise<readonly string[]> {
  const response = await fetch(metricsUrl, {
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  }).catch(() => null);
  const figures = response?.ok === true ? await response.text() : "";
  return SIGNALS.filter((signal) =>
    figures.split("\n").includes(`paceline_telemetry_up{signal="${signal}"} 0`),
  );
}

/**
 * Where the telemetry of a server with this environment goes, and whether it arrives.
 *
 * @returns one line for people
 * @throws Error that says what is wrong
 */
export async function exporterCheck(env: Env, metricsUrl: string): Promise<string> {
  const settings = readTelemetrySettings(env);
  if (!settings.ok) {
    throw new Error(settings.error.map(({ variable, rule }) => `${variable} ${rule}`).join("; "));
  }
  if (settings.value === null) {
    return "telemetry stays here: OTEL_EXPORTER_OTLP_ENDPOINT is not set";
  }
  const wanted = SIGNALS.flatMap((signal) => {
    const target = settings.value?.targets[signal];
    return target === undefined ? [] : [{ signal, target }];
  });
  const refusals = await Promise.all(wanted.map(({ signal, target }) => refusalOf(signal, target)));
  const failing = (await failingOf(metricsUrl)).map(
    (signal) => `${signal}: the last export of the running server failed`,
  );
  const faults = [...refusals.filter((refusal) => refusal !== null), ...failing];
  if (faults.length > 0) throw new Error(faults.join("; "));
  const hosts = new Set(wanted.map(({ target }) => new URL(target.url).origin));
  const { sampler, sampledShare } = settings.value;
  const share = sampler.endsWith("traceidratio") ? ` ${sampledShare}` : "";
  return `${wanted.map(({ signal }) => signal).join(", ")} to ${[...hosts].join(", ")} (${sampler}${share})`;
}
