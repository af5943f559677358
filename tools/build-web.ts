/** Builds the web app when its sources have changed since the last build; says nothing otherwise. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";

const MARKER = "apps/web/dist/.sources";
const SOURCES = [
  "package-lock.json",
  "apps/web/**/*.{ts,tsx,css,html,svg}",
  "platform/web-kit/**/*.{ts,tsx,css}",
  "features/*/web/**/*.{ts,tsx,css}",
  "features/*/*api.ts",
  "features/*/domain/**/*.ts",
  "packages/**/*.ts",
];

function digestOfSources(): string {
  const hash = createHash("sha256");
  const files = globSync(SOURCES, {
    exclude: (file) => /(?:^|\/)(?:node_modules|dist)(?:\/|$)|\.test\.tsx?$/.test(file),
  });
  for (const file of files.toSorted()) hash.update(`${file}\n`).update(readFileSync(file));
  return hash.digest("hex");
}

/**
 * Runs in the repository root.
 *
 * @returns whether a build ran
 * @throws Error with the build's output when it fails
 */
export function buildWeb(): boolean {
  const digest = digestOfSources();
  if (existsSync(MARKER) && readFileSync(MARKER, "utf8") === digest) return false;
  const { status, stdout, stderr } = spawnSync(
    "vite",
    ["build", "apps/web", "--logLevel", "warn"],
    {
      encoding: "utf8",
      env: { ...process.env, NODE_ENV: "production" },
    },
  );
  if (status !== 0) throw new Error(`The web app could not be built.\n${stdout}${stderr}`);
  writeFileSync(MARKER, digest);
  return true;
}
