import { text } from "@paceline/flag-eval";

import { isFields, own, textOr } from "../reading.ts";
import type { Fields } from "../reading.ts";

/** The context of one kind; null when there is none. A context without a kind is an old user. */
export function contextOf(root: unknown, kind: unknown): Fields | null {
  const wanted = textOr(kind, "") || "user";
  const given = own(root, "kind");
  if (given === "multi") {
    const part = own(root, wanted);
    return isFields(part) ? part : null;
  }
  return isFields(root) && (textOr(given, "") || "user") === wanted ? root : null;
}

/** Every kind that the context has. */
export function kindsOf(root: unknown): readonly string[] {
  const given = own(root, "kind");
  if (given !== "multi") return [textOr(given, "") || "user"];
  return isFields(root) ? Object.keys(root).filter((name) => isFields(root[name])) : [];
}

export function keyOf(context: Fields): string {
  return text(context["key"] ?? context["targetingKey"] ?? "");
}

/** A path into a context; null for what LaunchDarkly calls an invalid reference. */
export type Reference = readonly string[] | null;

/**
 * Reads an attribute reference: a name, or with a leading slash a path with `~1` for a slash and
 * `~0` for a tilde. Without a kind, as in old flags, it is a name whatever it holds.
 */
export function readReference(source: unknown, literally: boolean): Reference {
  if (typeof source !== "string" || source === "") return null;
  if (literally || !source.startsWith("/")) return [source];
  const parts = source.slice(1).split("/");
  if (parts.some((part) => part === "" || /~(?![01])/.test(part))) return null;
  return parts.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

// What an old user has at the top; everything else of it is below `custom`.
const BUILT_IN = new Set([
  "key",
  "ip",
  "country",
  "email",
  "firstName",
  "lastName",
  "avatar",
  "name",
  "anonymous",
]);

function attribute(context: Fields, name: string): unknown {
  if (name === "key") return keyOf(context);
  if (name === "anonymous") return own(context, name) ?? false;
  const old = context["kind"] === undefined && isFields(context["custom"]);
  return own(old && !BUILT_IN.has(name) ? context["custom"] : context, name);
}

export function valueAt(context: Fields, [first = "", ...rest]: readonly string[]): unknown {
  return rest.reduce<unknown>((value, name) => own(value, name), attribute(context, first));
}
