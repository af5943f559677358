import { text } from "@paceline/flag-eval";
import type { Frame, Operator } from "@paceline/flag-eval";

import { parseRange, within } from "../address.ts";
import { items, numberOr, own, textOr } from "../reading.ts";
import { constraintOperator } from "./constraint.ts";
import { contextValue, draw, rolloutBucket, variantBucket } from "./context.ts";

/** An attribute as an id: absent when JavaScript counts it as false. */
function idOf(context: unknown, name: string): string | undefined {
  const value = own(context, name);
  return value ? text(value) : undefined;
}

function rolloutId(stickiness: string, frame: Frame): string | undefined {
  if (stickiness === "random") return String(draw(frame));
  if (stickiness !== "default") return contextValue(frame.root, stickiness);
  return idOf(frame.root, "userId") ?? idOf(frame.root, "sessionId") ?? String(draw(frame));
}

/** `{"unleash.rollout": [{groupId, percentage, stickiness}]}`: whether the unit is in the share. */
const rollout: Operator = ([options]) => {
  const groupId = textOr(own(options, "groupId"), "");
  const percentage = Number(text(own(options, "percentage")));
  const stickiness = textOr(own(options, "stickiness"), "") || "default";
  return (_data, frame) => {
    const id = rolloutId(stickiness, frame);
    return Boolean(id) && percentage > 0 && rolloutBucket(groupId, text(id)) <= percentage;
  };
};

/** `{"unleash.draw": [percentage]}`: that share of evaluations, whoever asks. */
const drawn: Operator = ([source]) => {
  const percentage = Number(text(source));
  return (_data, frame) => percentage >= Math.floor((draw(frame) - 1) / 100) + 1;
};

/** `{"unleash.address": [ranges]}`: the `remoteAddress` is one of them or lies within one. */
const address: Operator = ([source]) => {
  const names = items(source);
  const ranges = names
    .map((name) => parseRange(textOr(name, "")))
    .filter((range) => range !== null);
  return (_data, frame) => {
    const remote = own(frame.root, "remoteAddress");
    if (typeof remote !== "string") return false;
    const parsed = parseRange(remote);
    return (
      names.includes(remote) ||
      (parsed !== null && parsed.family === 4 && ranges.some((range) => within(parsed, range)))
    );
  };
};

interface Arm {
  readonly variant: string;
  readonly weight: number;
  readonly overrides: readonly { readonly name: string; readonly values: readonly unknown[] }[];
}

function readArm(source: unknown): Arm {
  return {
    variant: textOr(own(source, "variant"), ""),
    weight: numberOr(own(source, "weight"), 0),
    overrides: items(own(source, "overrides")).map((override) => ({
      name: textOr(own(override, "contextName"), ""),
      values: items(own(override, "values")),
    })),
  };
}

const SELECTORS = ["userId", "sessionId", "remoteAddress"];

function variantId(stickiness: string, frame: Frame): string {
  const id =
    stickiness === "default"
      ? SELECTORS.map((name) => own(frame.root, name)).find(
          (value) => typeof value === "string" && value !== "",
        )
      : contextValue(frame.root, stickiness);
  return typeof id === "string" && id !== "" ? id : String(draw(frame));
}

/** `{"unleash.variant": [{groupId, stickiness, arms}]}`: the name of the flag's variant. */
const variant: Operator = ([options], scope) => {
  const groupId = textOr(own(options, "groupId"), "");
  const stickiness = textOr(own(options, "stickiness"), "") || "default";
  const arms = items(own(options, "arms")).map(readArm);
  const total = arms.reduce((sum, { weight }) => sum + weight, 0);
  const overridden = arms.filter(({ overrides }) => overrides.length > 0);
  return (_data, frame) => {
    const forced = overridden.find(({ overrides }) =>
      overrides.some(({ name, values }) => values.includes(contextValue(frame.root, name))),
    );
    if (forced !== undefined) return forced.variant;
    if (total <= 0) return null;
    if (scope.tail) frame.split = true;
    const target = variantBucket(groupId, variantId(stickiness, frame), total);
    let reached = 0;
    for (const arm of arms) {
      reached += arm.weight;
      if (arm.weight !== 0 && reached >= target) return arm.variant;
    }
    return null;
  };
};

/** What targeting imported from Unleash uses besides flagd's own operators. */
export const unleashOperators: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ["unleash.constraint", constraintOperator],
  ["unleash.rollout", rollout],
  ["unleash.draw", drawn],
  ["unleash.address", address],
  ["unleash.variant", variant],
]);
