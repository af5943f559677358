import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";

import { parsePlanVersion } from "@paceline/events/domain";
import type { PlanVersion } from "@paceline/events/domain";

import { EXIT, Failure } from "../outcome.ts";

/** Where a file says what else the server knows of a plan; no part of the schema itself. */
export const ABOUT = "x-paceline";
export const SUFFIX = ".schema.json";

/** A plan in a file, kept in git. */
export interface PlanFile {
  readonly name: string;
  readonly path: string;
  readonly schema: Readonly<Record<string, unknown>>;
  readonly about: Readonly<Record<string, unknown>>;
  readonly version: PlanVersion | null;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> | null {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  return Object.fromEntries(Object.entries(value));
}

/** Reads one file. @throws Failure if it cannot be used */
export async function readPlanFile(path: string): Promise<PlanFile> {
  let document: unknown;
  try {
    document = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Failure(`${path} cannot be read: ${reason}`, EXIT.usage);
  }
  const fields = fieldsOf(document);
  if (fields === null) throw new Failure(`${path} holds no JSON object.`, EXIT.usage);
  const { [ABOUT]: aboutField, ...schema } = fields;
  const about = fieldsOf(aboutField) ?? {};
  const given = about["version"];
  const version = typeof given === "string" ? parsePlanVersion(given) : null;
  if (given !== undefined && version === null) {
    throw new Failure(`${path}: ${ABOUT}.version must be MODEL-REVISION-ADDITION.`, EXIT.usage);
  }
  const file = basename(path);
  const name = file.endsWith(SUFFIX) ? file.slice(0, -SUFFIX.length) : file.replace(/\.json$/, "");
  return { name, path, schema, about, version };
}

/** The plans of a folder, or the one of a file. @throws Failure if there are none */
export async function readPlanFiles(path: string): Promise<readonly PlanFile[]> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw new Failure(`There is no ${path}.`, EXIT.usage);
  if (!found.isDirectory()) return [await readPlanFile(path)];
  const names = (await readdir(path)).filter((name) => name.endsWith(SUFFIX)).toSorted();
  if (names.length === 0) throw new Failure(`${path} holds no *${SUFFIX} file.`, EXIT.usage);
  return Promise.all(names.map((name) => readPlanFile(join(path, name))));
}
