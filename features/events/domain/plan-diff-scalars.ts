import { compareBound } from "./plan-change.ts";
import type { PlanChange } from "./plan-change.ts";
import type { SchemaNode } from "./plan-schema.ts";

type Report = (change: PlanChange) => void;

/** A bound of numbers: the value, and whether the value itself is out. */
interface Limit {
  readonly value: number;
  readonly open: boolean;
  readonly keyword: string;
}

/** The stricter of an inclusive and an exclusive bound. */
function limitOf(
  closed: number | null,
  open: number | null,
  keywords: readonly [string, string],
  lower: boolean,
): Limit | null {
  const inclusive = closed === null ? null : { value: closed, open: false, keyword: keywords[0] };
  const exclusive = open === null ? null : { value: open, open: true, keyword: keywords[1] };
  if (inclusive === null || exclusive === null) return inclusive ?? exclusive;
  return isAtLeastAsStrict(exclusive, inclusive, lower) ? exclusive : inclusive;
}

function isAtLeastAsStrict(a: Limit, b: Limit, lower: boolean): boolean {
  if (a.value === b.value) return a.open || !b.open;
  return lower ? a.value > b.value : a.value < b.value;
}

export function compareNumbers(old: SchemaNode, next: SchemaNode, report: Report): void {
  for (const lower of [true, false]) {
    const [was, is] = [old, next].map((node) =>
      lower
        ? limitOf(node.minimum, node.exclusiveMinimum, ["minimum", "exclusiveMinimum"], true)
        : limitOf(node.maximum, node.exclusiveMaximum, ["maximum", "exclusiveMaximum"], false),
    );
    compareLimits(was ?? null, is ?? null, lower, next.pointer, report);
  }
  compareMultiples(old, next, report);
}

function compareLimits(
  was: Limit | null,
  is: Limit | null,
  lower: boolean,
  pointer: string,
  report: Report,
): void {
  const words = ({ value, open }: Limit): string => {
    if (open) return `${lower ? "more" : "less"} than ${value}`;
    return `${value} or ${lower ? "more" : "less"}`;
  };
  if (is === null) {
    if (was === null) return;
    const reason = `need no longer be ${words(was)}`;
    report({ level: "REVISION", pointer: `${pointer}/${was.keyword}`, reason });
    return;
  }
  if (was?.value === is.value && was.open === is.open) return;
  const kept = was !== null && isAtLeastAsStrict(was, is, lower);
  report({
    level: kept ? "REVISION" : "MODEL",
    pointer: `${pointer}/${is.keyword}`,
    reason: `must be ${words(is)}${was === null ? "" : `, was ${words(was)}`}`,
  });
}

function compareMultiples(old: SchemaNode, next: SchemaNode, report: Report): void {
  const [was, is] = [old.multipleOf, next.multipleOf];
  if (was === is) return;
  const pointer = `${next.pointer}/multipleOf`;
  if (is === null) {
    report({ level: "REVISION", pointer, reason: `need no longer be a multiple of ${was}` });
    return;
  }
  // Fractions are not exact: whether 0.3 is a multiple of 0.1 depends on rounding.
  const kept =
    was !== null && Number.isInteger(was) && Number.isInteger(is) && Number.isInteger(was / is);
  const reason = `must be a multiple of ${is}${was === null ? "" : `, was ${was}`}`;
  report({ level: kept ? "REVISION" : "MODEL", pointer, reason });
}

export function compareTexts(old: SchemaNode, next: SchemaNode, report: Report): void {
  const length = (keyword: "minLength" | "maxLength", lower: boolean): void =>
    compareBound(
      old[keyword],
      next[keyword],
      { pointer: `${next.pointer}/${keyword}`, word: "the length", lower },
      report,
    );
  length("minLength", true);
  length("maxLength", false);
  for (const keyword of ["pattern", "format"] as const) {
    const [was, is] = [old[keyword], next[keyword]];
    if (was === is) continue;
    const pointer = `${next.pointer}/${keyword}`;
    report(
      is === null
        ? { level: "REVISION", pointer, reason: `need no longer fit the ${keyword} ${was}` }
        : {
            level: "MODEL",
            pointer,
            reason: `must fit the ${keyword} ${is}${was === null ? "" : `, was ${was}`}`,
          },
    );
  }
}
