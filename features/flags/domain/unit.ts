import type { EvaluationContext } from "@paceline/flag-eval";

/** The unit that a context names, as text; null if it names none. An empty text names nobody. */
export function unitOf(context: EvaluationContext, attribute: string): string | null {
  let value: unknown = context;
  for (const name of attribute.split(".")) {
    value =
      typeof value === "object" && value !== null && Object.hasOwn(value, name)
        ? Reflect.get(value, name)
        : undefined;
  }
  if (typeof value === "string") return value === "" ? null : value;
  return typeof value === "number" || typeof value === "boolean" ? `${value}` : null;
}
