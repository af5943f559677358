import { md5 } from "@noble/hashes/legacy.js";

import { items, numberOr, own, textOr } from "../reading.ts";
import { conditionTest } from "./condition.ts";

/** Why an allocation was taken or passed over; Eppo's words. */
export type AllocationCode =
  | "MATCH"
  | "FAILING_RULE"
  | "TRAFFIC_EXPOSURE_MISS"
  | "BEFORE_START_TIME"
  | "AFTER_END_TIME"
  | "UNEVALUATED";

/** Whom a flag is evaluated for. */
export interface Subject {
  readonly key: string;
  readonly attribute: (name: string) => unknown;
  readonly nowMs: number;
}

export interface Verdict {
  readonly code: AllocationCode;
  /** The variation, when `code` is `MATCH`. */
  readonly variation: string | null;
  /** The rule that held, as written; null if the allocation has none. */
  readonly rule: unknown;
  /** Whether only a part of the traffic gets this variation. */
  readonly partial: boolean;
}

export type Allocation = (subject: Subject) => Verdict;

const encoder = new TextEncoder();

/**
 * Eppo's shard: the first four bytes of the MD5 of `salt-subject` modulo the number of shards.
 *
 * @returns an integer from 0 to `total` - 1
 */
export function shardOf(salt: string, subjectKey: string, total: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = md5(encoder.encode(`${salt}-${subjectKey}`));
  return (((a << 24) | (b << 16) | (c << 8) | d) >>> 0) % total;
}

interface Split {
  readonly variation: string;
  readonly holds: (subjectKey: string) => boolean;
  readonly partial: boolean;
}

function readShard(source: unknown, total: number): Split["holds"] {
  const salt = textOr(own(source, "salt"), "");
  const ranges = items(own(source, "ranges")).map((range) => ({
    start: numberOr(own(range, "start"), 0),
    end: numberOr(own(range, "end"), 0),
  }));
  return (key) => {
    const shard = shardOf(salt, key, total);
    return ranges.some(({ start, end }) => shard >= start && shard < end);
  };
}

function readSplit(source: unknown, total: number): Split {
  const shards = items(own(source, "shards"));
  const holds = shards.map((shard) => readShard(shard, total));
  return {
    variation: textOr(own(source, "variationKey"), ""),
    holds: (key) => holds.every((shard) => shard(key)),
    partial: shards.length > 1,
  };
}

interface Rule {
  readonly source: unknown;
  readonly holds: (subject: Subject) => boolean;
}

function readRule(source: unknown): Rule {
  const tests = items(own(source, "conditions")).map((condition) => ({
    attribute: textOr(own(condition, "attribute"), ""),
    holds: conditionTest(condition),
  }));
  return {
    source,
    holds: (subject) => tests.every(({ attribute, holds }) => holds(subject.attribute(attribute))),
  };
}

function instant(value: unknown): number | null {
  const at = typeof value === "string" ? Date.parse(value) : NaN;
  return Number.isNaN(at) ? null : at;
}

/** Compiles one allocation as Eppo writes it; never throws. */
export function compileAllocation(source: unknown, totalShards: unknown): Allocation {
  const total = Math.max(1, Math.trunc(numberOr(totalShards, 10_000)));
  const startsAt = instant(own(source, "startAt"));
  const endsAt = instant(own(source, "endAt"));
  const rules = items(own(source, "rules")).map(readRule);
  const splits = items(own(source, "splits")).map((split) => readSplit(split, total));
  const missed = (code: AllocationCode): Verdict => ({
    code,
    variation: null,
    rule: null,
    partial: false,
  });
  return (subject) => {
    if (startsAt !== null && subject.nowMs < startsAt) return missed("BEFORE_START_TIME");
    if (endsAt !== null && subject.nowMs > endsAt) return missed("AFTER_END_TIME");
    const rule = rules.find(({ holds }) => holds(subject));
    if (rules.length > 0 && rule === undefined) return missed("FAILING_RULE");
    const split = splits.find(({ holds }) => holds(subject.key));
    if (split === undefined) return missed("TRAFFIC_EXPOSURE_MISS");
    const { variation, partial } = split;
    return { code: "MATCH", variation, rule: rule?.source ?? null, partial };
  };
}
