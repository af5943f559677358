import { readFileSync } from "node:fs";

import { readConfig } from "./config.ts";
import type { Config } from "./config.ts";

function texts(values: Record<string, string | boolean | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      typeof value === "string" ? [[name, value]] : [],
    ),
  );
}

/** Reads the configuration from flags, environment and file; prints every fault. */
export function loadConfig(values: Record<string, string | boolean | undefined>): Config | null {
  const flags = texts(values);
  const path = flags["config"] ?? process.env["PACELINE_CONFIG"];
  const result = readConfig({
    env: process.env,
    flags,
    file: path === undefined ? null : { path, text: readFileSync(path, "utf8") },
    workingDir: process.cwd(),
  });
  if (result.ok) return result.value;
  for (const { setting, source, rule } of result.error) {
    console.error(`${setting} (from ${source}) ${rule}.`);
  }
  return null;
}
