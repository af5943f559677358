import type { CheckTrace, ClauseTrace } from "../../domain/explain.ts";
import { operatorWords } from "../words.ts";

type Comparison = Extract<ClauseTrace, { readonly kind: "comparison" }>;

function shown(value: unknown): string {
  return Array.isArray(value) ? value.map(String).join(", ") : String(value);
}

/** "country is one of DE, AT; it is FR", or that the context has no such attribute. */
export function clauseWords(clause: Comparison): string {
  const { attribute, operator, value, actual, holds } = clause;
  const asked = `${attribute} ${operatorWords(operator)}${value === undefined ? "" : ` ${shown(value)}`}`;
  if (actual === undefined) return `${asked}; the context has no ${attribute}`;
  if (holds && shown(actual) === shown(value)) return asked;
  return `${asked}; it is ${typeof actual === "object" ? JSON.stringify(actual) : shown(actual)}`;
}

const DIGITS = 3;

function percent(share: number): string {
  return `${Number((share * 100).toFixed(DIGITS))}%`;
}

type Asked = Exclude<CheckTrace, { readonly kind: "condition" }>;

function gateName(source: Extract<Asked, { readonly kind: "gate" }>["source"]): string {
  return source.kind === "canary" ? `canary ${source.name}` : `${source.kind} ${source.key}`;
}

function gateWords(check: Extract<Asked, { readonly kind: "gate" }>): string {
  const { source, holds, part, unit } = check;
  const name = gateName(source);
  if (part === null) return `${name}: the context has no ${unit}`;
  if (source.kind === "holdout") return holds ? `Not held out by ${name}` : `Held out by ${name}`;
  if (source.kind === "canary") return holds ? `Within ${name}` : `Outside ${name}`;
  return holds ? `In the slots of ${name}` : `Not in the slots of ${name}`;
}

/** What a rule asked besides its condition, and what came of it. */
export function checkWords(check: Asked): string {
  switch (check.kind) {
    case "prerequisite": {
      const { flag, variants, variant } = check;
      return `${flag} must give ${variants.join(" or ")}; it gives ${variant ?? "the default in the code"}`;
    }
    case "start":
      return "Its experiment has not been started, so it applies to nobody yet";
    case "unit":
      return check.holds
        ? `${check.attribute} names the unit`
        : `The context has no ${check.attribute}, so nobody can be put into a bucket`;
    case "gate":
      return gateWords(check);
    case "exposure":
      if (check.override !== null) return `Let in by exception ${check.override + 1}`;
      if (check.share === 1) return "Exposed to all";
      if (check.part === null) return "The unit is not known, so it is not exposed";
      return check.holds
        ? `Within the exposure of ${percent(check.share)}`
        : `Outside the exposure of ${percent(check.share)}`;
  }
}
