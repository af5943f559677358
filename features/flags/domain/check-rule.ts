import { conditionFaults, isAttribute } from "./condition.ts";
import type { Fault } from "./condition.ts";
import type { Arm, Gate, Rule } from "./flag.ts";
import { PARTS, rangesFault } from "./parts.ts";

// Shares that people write as decimals add up to 1 only almost.
const SHARE_TOLERANCE = 1e-6;

/** Adds a fault unless the flag has the variant. */
export type KnownVariant = (variant: string, pointer: string) => void;

function isShare(share: number): boolean {
  return share >= 0 && share <= 1;
}

function duplicates(names: readonly string[]): boolean {
  return new Set(names).size !== names.length;
}

/** What is wrong with one rule, as far as it can be seen without other flags. */
export function ruleFaults(rule: Rule, pointer: string, known: KnownVariant): readonly Fault[] {
  const faults: Fault[] = [];
  if (rule.when !== null) faults.push(...conditionFaults(rule.when, `${pointer}/when`));
  for (const [index, { when, variant }] of rule.overrides.entries()) {
    faults.push(...conditionFaults(when, `${pointer}/overrides/${index}/when`));
    known(variant, `${pointer}/overrides/${index}/variant`);
  }
  if (!isAttribute(rule.unit)) {
    faults.push({ pointer: `${pointer}/unit`, detail: "must name an attribute" });
  }
  if (!isShare(rule.exposureShare)) {
    faults.push({ pointer: `${pointer}/exposureShare`, detail: "must be from 0 to 1" });
  }
  if (rule.experimentId !== null && !rule.recordExposure) {
    faults.push({ pointer: `${pointer}/recordExposure`, detail: "must be on for an experiment" });
  }
  faults.push(...prerequisiteShapeFaults(rule, `${pointer}/prerequisites`));
  for (const [index, gate] of rule.gates.entries()) {
    faults.push(...gateFaults(gate, `${pointer}/gates/${index}`));
  }
  faults.push(...layerFaults(rule, `${pointer}/layers`));
  faults.push(...stickyFaults(rule, `${pointer}/sticky`));
  faults.push(...serveFaults(rule, `${pointer}/serve`, known));
  return faults;
}

function prerequisiteShapeFaults({ prerequisites }: Rule, pointer: string): readonly Fault[] {
  const faults: Fault[] = [];
  for (const [index, { variants }] of prerequisites.entries()) {
    if (variants.length === 0 || duplicates(variants)) {
      const detail = "must name at least one variant, and each once";
      faults.push({ pointer: `${pointer}/${index}/variants`, detail });
    }
  }
  if (duplicates(prerequisites.map(({ flag }) => flag))) {
    faults.push({ pointer, detail: "must name each flag once; list all variants that will do" });
  }
  return faults;
}

function gateFaults({ unit, salt, ranges }: Gate, pointer: string): readonly Fault[] {
  const faults: Fault[] = [];
  if (!isAttribute(unit)) {
    faults.push({ pointer: `${pointer}/unit`, detail: "must name an attribute" });
  }
  if (salt === "") faults.push({ pointer: `${pointer}/salt`, detail: "must not be empty" });
  let border = 0;
  for (const [index, [from, to]] of ranges.entries()) {
    const whole = Number.isInteger(from) && Number.isInteger(to);
    if (!whole || from < border || to <= from || to > PARTS) {
      faults.push({
        pointer: `${pointer}/ranges/${index}`,
        detail: `must be two whole numbers, the first below the second, from ${border} to ${PARTS}, after the range before it`,
      });
      break;
    }
    border = to;
  }
  return faults;
}

function layerFaults({ layers }: Rule, pointer: string): readonly Fault[] {
  const faults: Fault[] = [];
  for (const [index, { share }] of layers.entries()) {
    if (!(share > 0 && share <= 1)) {
      faults.push({ pointer: `${pointer}/${index}/share`, detail: "must be above 0, at most 1" });
    }
  }
  if (duplicates(layers.map(({ layer }) => layer))) {
    faults.push({ pointer, detail: "must name each layer once" });
  }
  return faults;
}

function stickyFaults({ sticky, phase, serve, unit }: Rule, pointer: string): readonly Fault[] {
  if (sticky === null) return [];
  const faults: Fault[] = [];
  const { fallbackUnit, minPhase } = sticky;
  if (!("split" in serve)) {
    faults.push({ pointer, detail: "is for rules that serve a split; remove it" });
  }
  if (fallbackUnit !== null && (!isAttribute(fallbackUnit) || fallbackUnit === unit)) {
    faults.push({
      pointer: `${pointer}/fallbackUnit`,
      detail: "must name another attribute than the unit",
    });
  }
  if (!Number.isInteger(minPhase) || minPhase < 1 || minPhase > phase) {
    faults.push({
      pointer: `${pointer}/minPhase`,
      detail: `must be from 1 to the phase, ${phase}`,
    });
  }
  return faults;
}

function serveFaults(
  { serve, bucketing }: Rule,
  pointer: string,
  known: KnownVariant,
): readonly Fault[] {
  if ("targeting" in serve) {
    return [];
  }
  if (bucketing !== "flagd-v2") {
    return [{ pointer, detail: `must be the imported expression of ${bucketing}` }];
  }
  if ("split" in serve) return splitFaults(serve.split, `${pointer}/split`, known);
  known(serve.variant, `${pointer}/variant`);
  return [];
}

function splitFaults(arms: readonly Arm[], pointer: string, known: KnownVariant): readonly Fault[] {
  const faults: Fault[] = [];
  for (const [index, { variant, share }] of arms.entries()) {
    known(variant, `${pointer}/${index}/variant`);
    if (!isShare(share)) {
      faults.push({ pointer: `${pointer}/${index}/share`, detail: "must be from 0 to 1" });
    }
  }
  const total = arms.reduce((sum, { share }) => sum + share, 0);
  if (Math.abs(total - 1) > SHARE_TOLERANCE) {
    faults.push({ pointer, detail: `shares must add up to 1, not ${total}` });
  }
  if (duplicates(arms.map(({ variant }) => variant))) {
    faults.push({ pointer, detail: "must name each variant once" });
  }
  const detail = rangesFault(arms);
  if (detail !== null) faults.push({ pointer, detail });
  return faults;
}
