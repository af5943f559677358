import { readFileSync } from "node:fs";
import { join } from "node:path";

import { openTelemetry, readTelemetrySettings } from "@paceline/telemetry";
import type { Telemetry, TelemetrySettings } from "@paceline/telemetry";
import type { Logger } from "pino";
import { Registry } from "prom-client";

import { createLogger } from "./logger.ts";

/** What OpenTelemetry's variables ask for; with their faults printed where they cannot be used. */
export function loadTelemetrySettings(): { readonly settings: TelemetrySettings | null } | null {
  const result = readTelemetrySettings(process.env);
  if (result.ok) return { settings: result.value };
  for (const { variable, rule } of result.error) {
    console.error(`${variable} (from the environment) ${rule}.`);
  }
  return null;
}

function productVersion(): string {
  const path = join(import.meta.dirname, "..", "..", "package.json");
  const manifest: unknown = JSON.parse(readFileSync(path, "utf8"));
  const isManifest = typeof manifest === "object" && manifest !== null && "version" in manifest;
  return isManifest ? String(manifest.version) : "0.0.0";
}

/** Opens the telemetry of a process and the logger whose lines it exports. */
export async function openLoggedTelemetry(
  settings: TelemetrySettings | null,
  logLevel: string,
): Promise<{ readonly telemetry: Telemetry; readonly logger: Logger }> {
  const ready = Promise.withResolvers<Logger>();
  const telemetry = await openTelemetry({
    registry: new Registry(),
    settings,
    version: productVersion(),
    startedAt: new Date(),
    onExportChange(signal, failure) {
      void ready.promise.then((logger) => {
        if (failure === null) logger.warn({ signal }, "telemetry is exported again");
        else logger.warn({ signal, reason: failure }, "telemetry is not exported");
      });
    },
  });
  const logger = createLogger(logLevel, telemetry.log);
  ready.resolve(logger);
  return { telemetry, logger };
}
