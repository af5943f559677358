import { text } from "@paceline/flag-eval";

import { imported } from "../imported.ts";
import type { Draft, Imported } from "../imported.ts";
import { fields, items, numberOr, own, textOr } from "../reading.ts";
import type { Fields } from "../reading.ts";
import { cleanValues, CONSTRAINT_OPERATORS } from "./constraint.ts";
import { readState } from "./state.ts";
import type { UnleashState } from "./state.ts";

type Rule = unknown;

/** A feature's `getVariant` is a flag of its own: it has another type than `isEnabled`. */
export function variantFlagKey(feature: string): string {
  return `${feature}:variant`;
}

const OFF = "feature off";
const NONE = "no variant";

const enabledRule = (feature: string): string => `unleash.enabled:${feature}`;
const variantRule = (feature: string): string => `unleash.variant:${feature}`;

function all(rules: readonly Rule[]): Rule {
  const open = rules.filter((rule) => rule !== true);
  if (open.includes(false)) return false;
  return open.length === 0 ? true : open.length === 1 ? open[0] : { and: open };
}

function any(rules: readonly Rule[]): Rule {
  const open = rules.filter((rule) => rule !== false);
  if (open.includes(true)) return true;
  return open.length === 0 ? false : open.length === 1 ? open[0] : { or: open };
}

/** flagd's operators say the same of a plain list; everything else needs Unleash's conversions. */
function constraintRule(constraint: unknown, missing: string[]): Rule {
  const operator = textOr(own(constraint, "operator"), "");
  const name = textOr(own(constraint, "contextName"), "");
  if (!CONSTRAINT_OPERATORS.has(operator)) {
    missing.push(`unknown constraint operator "${operator}": never holds, as in Unleash's clients`);
    return false;
  }
  if ((operator !== "IN" && operator !== "NOT_IN") || !/^[\w-]+$/.test(name)) {
    return { "unleash.constraint": [constraint] };
  }
  const value = {
    if: [{ "==": [{ var: name }, null] }, { var: `properties.${name}` }, { var: name }],
  };
  const listed = { in: [{ cat: [value] }, cleanValues(own(constraint, "values"))] };
  return (operator === "IN") === Boolean(own(constraint, "inverted")) ? { "!": [listed] } : listed;
}

function listOf(source: unknown): readonly string[] {
  return typeof source === "string" && source !== "" ? source.split(/\s*,\s*/) : [];
}

function strategyTest(name: string, parameters: Fields, feature: string, missing: string[]): Rule {
  const rollout = (percentage: string, stickiness: unknown): Rule => ({
    "unleash.rollout": [
      {
        groupId: text(parameters["groupId"] ?? ""),
        percentage: text(parameters[percentage]),
        stickiness,
      },
    ],
  });
  switch (name) {
    case "default":
      return true;
    case "userWithId":
      return { in: [{ var: "userId" }, listOf(parameters["userIds"])] };
    case "remoteAddress":
      return { "unleash.address": [listOf(parameters["IPs"])] };
    case "flexibleRollout":
      return rollout("rollout", text(parameters["stickiness"] ?? "") || "default");
    case "gradualRolloutUserId":
      return rollout("percentage", "userId");
    case "gradualRolloutSessionId":
      return rollout("percentage", "sessionId");
    case "gradualRolloutRandom":
      missing.push("gradualRolloutRandom: draws by instant and flag instead of a random number");
      return { "unleash.draw": [text(parameters["percentage"])] };
    case "applicationHostname":
      missing.push("applicationHostname: the client's host is not known here; never holds");
      return false;
    default:
      missing.push(
        `custom strategy "${name}" of ${feature}: its code is not in the file; never holds`,
      );
      return false;
  }
}

interface Strategy {
  readonly rule: Rule;
  readonly source: unknown;
}

function readStrategy(
  source: unknown,
  feature: string,
  state: UnleashState,
  missing: string[],
): Strategy {
  const segments = items(own(source, "segments")).map((id) => state.segments.get(id));
  if (segments.includes(undefined)) {
    missing.push("a segment is not in the file; its strategy never holds, as in Unleash's clients");
  }
  const constraints = [
    ...items(own(source, "constraints")),
    ...segments.flatMap((segment) => items(segment?.["constraints"])),
  ].map((constraint) => constraintRule(constraint, missing));
  const parameters = fields(own(source, "parameters"));
  const test = strategyTest(textOr(own(source, "name"), ""), parameters, feature, missing);
  return { rule: all([!segments.includes(undefined), ...constraints, test]), source };
}

function dependencyRule(dependency: unknown, state: UnleashState, missing: string[]): Rule {
  const name = textOr(own(dependency, "feature"), "");
  const parent = state.features.get(name);
  if (parent === undefined || items(parent["dependencies"]).length > 0) {
    missing.push(`parent "${name}" is absent or has parents itself; never on, as in Unleash`);
    return false;
  }
  const enabled = { $ref: enabledRule(name) };
  if (own(dependency, "enabled") === false) return { "!": [enabled] };
  const variants = items(own(dependency, "variants"));
  if (variants.length === 0) return enabled;
  const named = variants.flatMap((variant) => variantNames(text(variant), parent));
  return all([enabled, { in: [{ $ref: variantRule(name) }, named] }]);
}

/** Every name that a variant so called may have in the flag, see `Variants`. */
function variantNames(name: string, feature: Fields): readonly string[] {
  const copies = items(feature["strategies"]).map((_strategy, index) => `${name}#${index + 2}`);
  return [name, ...copies, ...(name === "disabled" ? [NONE] : [])];
}

/** Gives every distinct variant a name of its own within the flag. */
class Variants {
  readonly #names = new Map<string, string>();
  readonly values: Record<string, unknown> = {};

  nameOf(source: unknown): string {
    const name = textOr(own(source, "name"), "");
    const payload = own(source, "payload");
    const value = {
      name,
      ...(payload === undefined ? {} : { payload }),
      enabled: true,
      feature_enabled: true,
    };
    const identity = JSON.stringify(value);
    const known = this.#names.get(identity);
    if (known !== undefined) return known;
    let key = name;
    for (let copy = 2; Object.hasOwn(this.values, key); copy += 1) key = `${name}#${copy}`;
    this.#names.set(identity, key);
    this.values[key] = value;
    return key;
  }
}

/** Null when no weight is above zero. */
function choice(
  sources: readonly unknown[],
  groupId: string,
  stickiness: unknown,
  variants: Variants,
): Rule {
  const total = sources.reduce<number>((sum, one) => sum + numberOr(own(one, "weight"), 0), 0);
  if (total <= 0) return null;
  const arms = sources.map((source) => ({
    variant: variants.nameOf(source),
    weight: numberOr(own(source, "weight"), 0),
    overrides: items(own(source, "overrides")),
  }));
  return {
    "unleash.variant": [{ groupId, stickiness: text(stickiness ?? "") || "default", arms }],
  };
}

function variantDraft(
  name: string,
  feature: Fields,
  allowed: Rule,
  strategies: readonly Strategy[],
): { readonly flag: Draft["flag"]; readonly rule: Rule } {
  const variants = new Variants();
  variants.values[OFF] = { name: "disabled", enabled: false, feature_enabled: false };
  variants.values[NONE] = { name: "disabled", enabled: false, feature_enabled: true };
  const featureVariants = items(feature["variants"]);
  const otherwise =
    choice(featureVariants, name, own(featureVariants[0], "stickiness"), variants) ?? NONE;
  const branches = strategies.flatMap(({ rule, source }) => {
    const sources = items(own(source, "variants"));
    const parameters = own(source, "parameters");
    const stickiness = own(sources[0], "stickiness") ?? own(parameters, "stickiness");
    const groupId = text(own(parameters, "groupId"));
    return [rule, choice(sources, groupId, stickiness, variants) ?? otherwise];
  });
  const chosen = strategies.length === 0 ? otherwise : { if: [...branches, OFF] };
  const rule = { if: [allowed, chosen, OFF] };
  return {
    rule,
    flag: { state: "ENABLED", variants: variants.values, defaultVariant: OFF, targeting: rule },
  };
}

function hasVariants(feature: Fields): boolean {
  const lists = [feature, ...items(feature["strategies"])].map((one) => own(one, "variants"));
  return lists.some((list) => items(list).length > 0);
}

function booleanFlag(rule: Rule): Draft["flag"] {
  const variants = { on: true, off: false };
  if (typeof rule === "boolean") {
    return { state: "ENABLED", variants, defaultVariant: rule ? "on" : "off" };
  }
  return {
    state: "ENABLED",
    variants,
    defaultVariant: "off",
    targeting: { if: [rule, "on", "off"] },
  };
}

/**
 * Imports the answer of an Unleash server to a client (`{features, segments}` or delta events).
 * Every feature becomes a boolean flag (`isEnabled`); one with variants also an object flag named
 * by `variantFlagKey` (`getVariant`).
 */
export function importUnleash(document: unknown): Imported {
  const state = readState(document);
  const drafts: Draft[] = [];
  const evaluators: Record<string, unknown> = {};
  for (const [name, feature] of state.features) {
    const missing: string[] = [];
    const dependencies = items(feature["dependencies"]);
    const strategies = items(feature["strategies"]).map((source) =>
      readStrategy(source, name, state, missing),
    );
    const parents = dependencies.map((one) => dependencyRule(one, state, missing));
    const allowed = all([feature["enabled"] === true, ...parents]);
    const open = Array.isArray(feature["strategies"]);
    const matches = strategies.length === 0 ? open : any(strategies.map(({ rule }) => rule));
    const rule = all([allowed, matches]);
    evaluators[enabledRule(name)] = rule;
    drafts.push({ key: name, flag: booleanFlag(rule), missing });
    if (!hasVariants(feature)) {
      evaluators[variantRule(name)] = NONE;
      continue;
    }
    const variant = variantDraft(name, feature, allowed, strategies);
    evaluators[variantRule(name)] = variant.rule;
    drafts.push({ key: variantFlagKey(name), flag: variant.flag, missing });
  }
  return imported(drafts, "unleash", onlyUsed(evaluators, drafts));
}

/** Leaves out what no dependency asks for. */
function onlyUsed(evaluators: Fields, drafts: readonly Draft[]): Fields {
  const used = JSON.stringify(drafts.map(({ flag }) => flag.targeting ?? null));
  return Object.fromEntries(
    Object.entries(evaluators).filter(([name]) => used.includes(JSON.stringify({ $ref: name }))),
  );
}
