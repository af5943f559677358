/** One difference between two revisions; `undefined` was or is not there. */
export interface Difference {
  readonly pointer: string;
  readonly before: unknown;
  readonly after: unknown;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** Members by name; of a list whose items have an `id`, by that id, so that moving is no change. */
function members(value: Readonly<Record<string, unknown>>): ReadonlyMap<string, unknown> {
  if (!Array.isArray(value)) return new Map(Object.entries(value));
  return new Map(
    value.map((item: unknown, index) => [
      isRecord(item) && typeof item["id"] === "string" ? item["id"] : `${index}`,
      item,
    ]),
  );
}

function order(value: unknown): string {
  return Array.isArray(value) && isRecord(value) ? [...members(value).keys()].join("\n") : "";
}

/** Where two JSON documents differ, by JSON pointer; items with an `id` are matched by it. */
export function differences(before: unknown, after: unknown, pointer = ""): readonly Difference[] {
  // Not `Object.is`: JSON has one zero.
  if (before === after) return [];
  if (!isRecord(before) || !isRecord(after) || Array.isArray(before) !== Array.isArray(after)) {
    return [{ pointer, before, after }];
  }
  const left = members(before);
  const right = members(after);
  const names = [...new Set([...left.keys(), ...right.keys()])];
  const inside = names.flatMap((name) =>
    differences(left.get(name), right.get(name), `${pointer}/${name}`),
  );
  const moved = left.size === right.size && inside.length === 0 && order(before) !== order(after);
  return moved ? [{ pointer, before: [...left.keys()], after: [...right.keys()] }] : inside;
}
