import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";

import type { FlagSet } from "@paceline/flag-eval";
import { variantFlagKey } from "@paceline/flag-import";

import { EXIT, Failure } from "../../outcome.ts";
import { readDocument } from "../initiative.ts";

/** One question and the answer that the vendor gives. */
export interface Vector {
  readonly flag: string;
  readonly context: Readonly<Record<string, unknown>>;
  /** What the caller's code would use; some vendors' clients make it from another flag. */
  readonly otherwise: (flags: FlagSet) => unknown;
  readonly value: unknown;
}

export interface Verification {
  readonly passed: number;
  readonly failed: readonly string[];
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `{flag, context, value}`, what anybody can write down about the flags they have. */
function plainVector(item: unknown): Vector | null {
  if (!isFields(item) || typeof item["flag"] !== "string" || !("value" in item)) return null;
  const context = isFields(item["context"]) ? item["context"] : {};
  return { flag: item["flag"], context, otherwise: () => item["default"], value: item["value"] };
}

/** Eppo's own test files: a flag, a default and subjects with their assignments. */
function eppoVectors({
  flag,
  defaultValue,
  subjects,
}: Readonly<Record<string, unknown>>): Vector[] {
  if (typeof flag !== "string" || !Array.isArray(subjects)) return [];
  return subjects.filter(isFields).map((subject) => ({
    flag,
    context: {
      ...Object(subject["subjectAttributes"]),
      targetingKey: subject["subjectKey"],
    },
    otherwise: () => defaultValue,
    value: subject["assignment"],
  }));
}

/** One question of Unleash's specification: is the toggle on, or which variant does it give. */
function unleashVector(item: unknown, asksVariant: boolean, nowMs: number): readonly Vector[] {
  if (!isFields(item) || typeof item["toggleName"] !== "string") return [];
  const { toggleName, context: given, expectedResult: value } = item;
  const context = isFields(given) ? given : {};
  if (!asksVariant) return [{ flag: toggleName, context, otherwise: () => false, value }];
  const otherwise = (flags: FlagSet): unknown => ({
    name: "disabled",
    enabled: false,
    feature_enabled: flags.evaluate(toggleName, context, nowMs).value === true,
  });
  return [{ flag: variantFlagKey(toggleName), context, otherwise, value }];
}

/** Files of Unleash's client specification: states with tests of toggles and of variants. */
function unleashVectors(document: Readonly<Record<string, unknown>>, nowMs: number): Vector[] {
  const listOf = (name: string): readonly unknown[] => {
    const found = document[name];
    return Array.isArray(found) ? found : [];
  };
  return [
    ...listOf("tests").flatMap((item) => unleashVector(item, false, nowMs)),
    ...listOf("variantTests").flatMap((item) => unleashVector(item, true, nowMs)),
  ];
}

function vectorsOf(document: unknown, file: string, nowMs: number): readonly Vector[] {
  const items = Array.isArray(document) ? document : [];
  const plain = items.map(plainVector);
  if (plain.length > 0 && !plain.includes(null)) return plain.flatMap((one) => one ?? []);
  const theirs = isFields(document)
    ? [...eppoVectors(document), ...unleashVectors(document, nowMs)]
    : [];
  if (theirs.length > 0) return theirs;
  throw new Failure(
    `${file} holds no vectors: write a list of {"flag", "context", "value"}, or give a test file of Eppo or of Unleash's client specification.`,
    EXIT.usage,
  );
}

/** Vectors of a file, or of all JSON files of a folder. */
export async function readVectors(path: string, nowMs: number): Promise<readonly Vector[]> {
  const found = await stat(path).catch(() => null);
  if (found === null) throw new Failure(`There is no ${path}.`, EXIT.usage);
  const files = found.isFile()
    ? [path]
    : (await readdir(path))
        .filter((name) => name.endsWith(".json"))
        .toSorted()
        .map((name) => join(path, name));
  const vectors: Vector[] = [];
  for (const file of files) vectors.push(...vectorsOf(await readDocument(file), file, nowMs));
  return vectors;
}

/** Asks the imported flags what the vectors ask. */
export function verify(set: FlagSet, vectors: readonly Vector[], nowMs: number): Verification {
  const failed: string[] = [];
  for (const { flag, context, otherwise, value } of vectors) {
    const given = set.evaluate(flag, context, nowMs).value ?? otherwise(set);
    if (isDeepStrictEqual(given, value)) continue;
    const who = JSON.stringify(context["targetingKey"] ?? context);
    failed.push(`${flag} for ${who}: ${JSON.stringify(given)}, not ${JSON.stringify(value)}`);
  }
  return { passed: vectors.length - failed.length, failed };
}
