import { text } from "./coercion.ts";

export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly patch: number;
  readonly prerelease: readonly string[];
}

const STRICT =
  /^[vV]?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?$/;
const PARTIAL = /^[vV]?(\d+)(?:\.(\d+))?$/;
// Longest version the reference accepts.
const MAX_LENGTH = 256;

/** Reads a version as flagd does: `v` prefix, numbers and the partial forms `1` and `1.2` allowed. */
export function parseVersion(value: unknown): Version | null {
  if (typeof value !== "string" && typeof value !== "number") return null;
  // With spaces around it as well, as the reference reads it.
  const source = text(value).trim();
  if (source.length > MAX_LENGTH) return null;
  const found = STRICT.exec(source) ?? PARTIAL.exec(source);
  if (found === null) return null;
  const [, major, minor = "0", patch = "0", prerelease] = found;
  const version = {
    major: Number(major),
    minor: Number(minor),
    patch: Number(patch),
    prerelease: prerelease?.split(".") ?? [],
  };
  return Number.isSafeInteger(Math.max(version.major, version.minor, version.patch))
    ? version
    : null;
}

/** Precedence of semver.org section 11: negative, 0 or positive. */
function compareVersions(a: Version, b: Version): number {
  return (
    a.major - b.major ||
    a.minor - b.minor ||
    a.patch - b.patch ||
    comparePrereleases(a.prerelease, b.prerelease)
  );
}

function comparePrereleases(a: readonly string[], b: readonly string[]): number {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  for (const [index, left] of a.entries()) {
    const right = b[index];
    if (right === undefined) return 1;
    if (left === right) continue;
    const [isNumber, isOtherNumber] = [left, right].map((part) => /^\d+$/.test(part));
    if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
    return isNumber ? Number(left) - Number(right) : left < right ? -1 : 1;
  }
  return a.length - b.length;
}

type Relation = (a: Version, b: Version) => boolean;

const RELATIONS: ReadonlyMap<unknown, Relation> = new Map<unknown, Relation>([
  ["=", (a, b) => compareVersions(a, b) === 0],
  ["!=", (a, b) => compareVersions(a, b) !== 0],
  ["<", (a, b) => compareVersions(a, b) < 0],
  ["<=", (a, b) => compareVersions(a, b) <= 0],
  [">", (a, b) => compareVersions(a, b) > 0],
  [">=", (a, b) => compareVersions(a, b) >= 0],
  ["^", (a, b) => a.major === b.major],
  ["~", (a, b) => a.major === b.major && a.minor === b.minor],
]);

/** @returns null for an unknown relation or what is not a version, so that the default is served */
export function relateVersions(
  left: Version | null,
  relation: unknown,
  right: Version | null,
): boolean | null {
  const holds = RELATIONS.get(relation);
  return holds === undefined || left === null || right === null ? null : holds(left, right);
}
