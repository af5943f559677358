import { items, numberOr } from "../reading.ts";

/** From (included) and to (excluded), between 0 and 1. */
export type Range = readonly [number, number];

function fnv1a(source: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < source.length; index += 1) {
    hash = Math.imul(hash ^ source.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

/**
 * GrowthBook's hashes over UTF-16 units. Version 1 is biased and stays for what runs on it.
 *
 * @returns 0 to 1 in steps of a thousandth (1) or ten-thousandth (2); null for another version
 */
export function growthbookHash(seed: string, value: string, version: number): number | null {
  if (version === 2) return (fnv1a(String(fnv1a(seed + value))) % 10_000) / 10_000;
  return version === 1 ? (fnv1a(value + seed) % 1_000) / 1_000 : null;
}

export function inRange(bucket: number, range: Range): boolean {
  return bucket >= range[0] && bucket < range[1];
}

export function readRange(source: unknown): Range {
  const [from, to] = items(source);
  return [numberOr(from, 0), numberOr(to, 0)];
}

/** @param namespace name, from, to */
export function inNamespace(value: string, namespace: unknown): boolean {
  const [name, ...range] = items(namespace);
  const bucket = growthbookHash(`__${typeof name === "string" ? name : ""}`, value, 1);
  return bucket !== null && inRange(bucket, readRange(range));
}

/** @returns the index of the first range that holds the bucket, or -1 */
export function chooseVariation(bucket: number, ranges: readonly Range[]): number {
  return ranges.findIndex((range) => inRange(bucket, range));
}

/** Shares of so many variants that add up to 1; none for a count below 1. */
export function equalWeights(count: number): readonly number[] {
  return Array.from({ length: Math.max(0, count) }, () => 1 / count);
}

/** Weights that are absent, of the wrong number, or not 1 together are equal ones. */
export function bucketRanges(count: number, coverage: unknown, source: unknown): readonly Range[] {
  const share = Math.min(1, Math.max(0, numberOr(coverage, 1)));
  const given = items(source).map((weight) => numberOr(weight, 0));
  const total = given.reduce((sum, weight) => sum + weight, 0);
  const usable = given.length === count && total >= 0.99 && total <= 1.01;
  let from = 0;
  return (usable ? given : equalWeights(count)).map((weight): Range => {
    const start = from;
    from += weight;
    return [start, start + share * weight];
  });
}

/** The variation that a page's address asks for, or null. */
export function queryStringOverride(key: string, url: string, count: number): number | null {
  const search = (url.split("?")[1] ?? "").replace(/#.*/, "");
  for (const pair of search.split("&")) {
    const [name, value] = pair.split("=", 2);
    if (name !== key || search === "") continue;
    const index = Number.parseInt(value ?? "", 10);
    return index >= 0 && index < count ? index : null;
  }
  return null;
}
