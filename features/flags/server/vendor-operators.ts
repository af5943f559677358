import { compileRule, OPERATORS } from "@paceline/flag-eval";
import type { Operator } from "@paceline/flag-eval";
import {
  eppoOperators,
  flagsmithOperators,
  growthbookOperators,
  launchdarklyOperators,
  unleashOperators,
} from "@paceline/flag-import";

import { emptySet } from "../domain/index.ts";
import type { Configuration, Fault, PublishedSet } from "../domain/index.ts";

/** The operators of all vendors whose flags can be imported; each carries its vendor's name. */
const VENDOR_OPERATORS: ReadonlyMap<string, Operator> = new Map([
  ...unleashOperators,
  ...eppoOperators,
  ...growthbookOperators,
  ...launchdarklyOperators,
  ...flagsmithOperators,
]);

const ALL_OPERATORS: ReadonlyMap<string, Operator> = new Map([...VENDOR_OPERATORS, ...OPERATORS]);

/** What an environment has before its first publication, with what imported rules need. */
export function unpublishedSet(workspaceId: string, environment: string): PublishedSet {
  return emptySet(workspaceId, environment, VENDOR_OPERATORS);
}

/**
 * What is wrong with the imported expressions of a configuration. Those whose bucketing is flagd's own
 * may use flagd's operators only, because any flagd client is given them.
 */
export function importedFaults({ rules }: Configuration): readonly Fault[] {
  return rules.flatMap(({ serve, bucketing }, index) => {
    if (!("targeting" in serve)) return [];
    const { problems } =
      bucketing === "flagd-v2"
        ? compileRule(serve.targeting)
        : compileRule(serve.targeting, {}, false, ALL_OPERATORS);
    const pointer = `/rules/${index}/serve/targeting`;
    return problems.map((detail) => ({ pointer, detail: `cannot be evaluated: ${detail}` }));
  });
}
