import { text } from "@paceline/flag-eval";

import { javaScriptPattern } from "../pattern.ts";
import { fields, items, numberOr, own, textOr } from "../reading.ts";
import type { Fields } from "../reading.ts";
import {
  bucketRanges,
  chooseVariation,
  inNamespace,
  queryStringOverride,
  readRange,
} from "./hash.ts";
import { bucketOf, filteredOut, keepsAssignments, unitOf } from "./session.ts";
import type { Session, Unit } from "./session.ts";
import { keptAssignments, keptVariation } from "./sticky.ts";
import type { StickyDocument } from "./sticky.ts";

/** The outcome of an experiment in GrowthBook's words. */
export interface ExperimentResult {
  readonly key: string;
  readonly featureId: string | null;
  readonly inExperiment: boolean;
  readonly hashUsed: boolean;
  readonly variationId: number;
  readonly value: unknown;
  readonly hashAttribute: string;
  readonly hashValue: unknown;
  readonly stickyBucketUsed: boolean;
  readonly name?: unknown;
  readonly bucket?: number;
  readonly passthrough?: unknown;
  readonly leafId?: unknown;
  readonly variationWeights?: unknown;
  readonly banditVersion?: unknown;
}

export interface ExperimentRun {
  readonly result: ExperimentResult;
  /** What the store of assignments should keep from now on. */
  readonly kept: StickyDocument | null;
}

/** Answers whether the features that an experiment requires are as it wants them. */
export type ParentsHold = (parents: unknown) => boolean;

interface Setup {
  readonly session: Session;
  readonly experiment: Fields;
  readonly featureKey: string | null;
  readonly unit: Unit;
}

interface Assigned {
  readonly variation: number;
  readonly hashUsed: boolean;
  readonly bucket?: number;
  readonly sticky?: boolean;
}

function resultOf(setup: Setup, assigned: Assigned): ExperimentResult {
  const { experiment, featureKey, unit } = setup;
  const variations = items(experiment["variations"]);
  const inExperiment = assigned.variation >= 0 && assigned.variation < variations.length;
  const index = inExperiment ? assigned.variation : 0;
  const meta = fields(items(experiment["meta"])[index]);
  const bandit = experiment["contextualBandit"];
  const version = own(bandit, "banditVersion");
  return {
    key: textOr(meta["key"], "") || String(index),
    featureId: featureKey,
    inExperiment,
    hashUsed: assigned.hashUsed,
    variationId: index,
    value: variations[index],
    ...unit,
    stickyBucketUsed: assigned.sticky === true,
    ...(meta["name"] ? { name: meta["name"] } : {}),
    ...(assigned.bucket === undefined ? {} : { bucket: assigned.bucket }),
    ...(meta["passthrough"] ? { passthrough: meta["passthrough"] } : {}),
    ...(bandit && assigned.hashUsed && inExperiment
      ? {
          leafId: own(bandit, "leafId"),
          variationWeights: own(bandit, "variationWeights"),
          ...(version === undefined ? {} : { banditVersion: version }),
        }
      : {}),
  };
}

const NOBODY: Assigned = { variation: -1, hashUsed: false };

/** What is forced or refused before anybody is hashed; null to go on. */
function early({ session, experiment, unit }: Setup): Assigned | null {
  const { options } = session;
  const key = textOr(experiment["key"], "");
  const count = items(experiment["variations"]).length;
  if (count < 2 || options["enabled"] === false) return NOBODY;
  const asked = queryStringOverride(key, textOr(options["url"], ""), count);
  if (asked !== null) return { variation: asked, hashUsed: false };
  const forced = own(options["forcedVariations"], key);
  if (forced !== undefined) return { variation: numberOr(forced, -1), hashUsed: false };
  const inactive = experiment["status"] === "draft" || experiment["active"] === false;
  return inactive || !unit.hashValue ? NOBODY : null;
}

/** Whether the unit may take part at all. */
function eligible({ session, experiment, unit }: Setup, parentsHold: ParentsHold): boolean {
  const { filters, namespace, condition, groups, parentConditions } = {
    filters: experiment["filters"],
    namespace: experiment["namespace"],
    condition: experiment["condition"],
    groups: experiment["groups"],
    parentConditions: experiment["parentConditions"],
  };
  if (
    filters
      ? filteredOut(session, filters)
      : namespace && !inNamespace(text(unit.hashValue), namespace)
  ) {
    return false;
  }
  if (condition && !session.conditions.holds(session.attributes, condition)) return false;
  if (parentConditions && !parentsHold(parentConditions)) return false;
  const members = own(session.options, "groups");
  return !groups || items(groups).some((group) => Boolean(own(members, text(group))));
}

function onPage({ session, experiment }: Setup): boolean {
  const source = experiment["url"];
  if (typeof source !== "string" || source === "") return true;
  const url = textOr(session.options["url"], "");
  if (url === "") return false;
  const matches = javaScriptPattern(source.replaceAll(/([^\\])\//g, String.raw`$1\/`));
  return matches(url) || matches(url.replace(/^https?:\/\//, "").replace(/^[^/]*\//, "/"));
}

function assign(setup: Setup, parentsHold: ParentsHold): Assigned {
  const { session, experiment, unit } = setup;
  const variations = items(experiment["variations"]);
  const kept = keepsAssignments(session, experiment)
    ? keptVariation(session, experiment)
    : { variation: -1, blocked: false };
  const found = kept.variation >= 0;
  if (!found && !eligible(setup, parentsHold)) return NOBODY;
  if (!onPage(setup)) return NOBODY;
  const seed = textOr(experiment["seed"], "") || textOr(experiment["key"], "");
  const bucket = bucketOf(seed, unit, experiment["hashVersion"], 1);
  if (bucket === null) return NOBODY;
  if (kept.blocked) return { ...NOBODY, sticky: true };
  const ranges = Array.isArray(experiment["ranges"])
    ? experiment["ranges"].map(readRange)
    : bucketRanges(variations.length, experiment["coverage"], experiment["weights"]);
  const variation = found ? kept.variation : chooseVariation(bucket, ranges);
  if (variation < 0) return NOBODY;
  if (Object.hasOwn(experiment, "force")) {
    return { variation: numberOr(experiment["force"], -1), hashUsed: false };
  }
  const stopped = experiment["status"] === "stopped" || Boolean(session.options["qaMode"]);
  return stopped ? NOBODY : { variation, hashUsed: true, bucket, sticky: found };
}

/** Runs an experiment as GrowthBook's clients do, overrides of the context included. */
export function runExperiment(
  session: Session,
  source: Fields,
  featureKey: string | null,
  parentsHold: ParentsHold,
): ExperimentRun {
  const overrides = fields(own(session.options["overrides"], textOr(source["key"], "")));
  const merged: Fields = { ...source, ...overrides };
  const bandit = merged["contextualBandit"];
  const experiment: Fields =
    bandit && merged["weights"]
      ? { ...merged, contextualBandit: { ...fields(bandit), variationWeights: merged["weights"] } }
      : merged;
  const keeps = keepsAssignments(session, experiment);
  const fallback = keeps ? experiment["fallbackAttribute"] : undefined;
  const unit = unitOf(session, experiment["hashAttribute"], fallback);
  const setup: Setup = { session, experiment, featureKey, unit };
  const result = resultOf(setup, early(setup) ?? assign(setup, parentsHold));
  const keep = keeps && result.inExperiment && result.hashUsed;
  return { result, kept: keep ? keptAssignments(session, experiment, unit, result.key) : null };
}
