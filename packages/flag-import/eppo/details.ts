import { text } from "@paceline/flag-eval";
import type { EvaluationContext } from "@paceline/flag-eval";

import { items, own, textOr } from "../reading.ts";
import { compileAllocation } from "./allocation.ts";
import type { AllocationCode, Verdict } from "./allocation.ts";
import { hasType, readFlags, valueOf } from "./import.ts";
import { subjectOf } from "./operators.ts";

interface AllocationDetail {
  readonly key: string;
  readonly allocationEvaluationCode: AllocationCode;
  readonly orderPosition: number;
}

/** What Eppo's clients tell about one evaluation, in their words. */
export interface EppoDetails {
  readonly flagEvaluationCode:
    | "MATCH"
    | "DEFAULT_ALLOCATION_NULL"
    | "FLAG_UNRECOGNIZED_OR_DISABLED"
    | "ASSIGNMENT_ERROR";
  readonly flagEvaluationDescription: string;
  readonly variationKey: string | null;
  readonly variationValue: unknown;
  readonly matchedRule: unknown;
  readonly matchedAllocation: AllocationDetail | null;
  readonly unmatchedAllocations: readonly AllocationDetail[];
  readonly unevaluatedAllocations: readonly AllocationDetail[];
}

function described(verdict: Verdict, allocation: string, subject: string): string {
  const rules = `Supplied attributes match rules defined in allocation "${allocation}"`;
  const range = `${subject} belongs to the range of traffic assigned to "${verdict.variation}"`;
  if (verdict.rule !== null) return verdict.partial ? `${rules} and ${range}.` : `${rules}.`;
  return `${range} defined in allocation "${allocation}".`;
}

const NOTHING = {
  variationKey: null,
  variationValue: null,
  matchedRule: null,
  matchedAllocation: null,
  unmatchedAllocations: [],
  unevaluatedAllocations: [],
};

/**
 * Explains an evaluation as Eppo does: the same allocations that `eppo.allocations` decides by,
 * asked one after the other, with the reason of each.
 *
 * @param document the UFC that was imported
 */
export function eppoDetails(
  document: unknown,
  flagKey: string,
  context: EvaluationContext,
  nowMs: number,
): EppoDetails {
  const flag = own(readFlags(document), flagKey);
  if (own(flag, "enabled") !== true) {
    const flagEvaluationDescription = `Unrecognized or disabled flag: ${flagKey}`;
    return {
      ...NOTHING,
      flagEvaluationCode: "FLAG_UNRECOGNIZED_OR_DISABLED",
      flagEvaluationDescription,
    };
  }
  const subject = subjectOf(context, nowMs);
  const allocations = items(own(flag, "allocations"));
  const unmatched: AllocationDetail[] = [];
  for (const [index, source] of allocations.entries()) {
    const verdict = compileAllocation(source, own(flag, "totalShards"))(subject);
    const detail = detailOf(source, index, verdict.code);
    if (verdict.variation === null) unmatched.push(detail);
    else {
      return {
        ...matchOf(flag, verdict, detail.key, subject.key),
        matchedAllocation: detail,
        unmatchedAllocations: unmatched,
        unevaluatedAllocations: allocations
          .slice(index + 1)
          .map((one, offset) => detailOf(one, index + 1 + offset, "UNEVALUATED")),
      };
    }
  }
  const flagEvaluationDescription =
    'No allocations matched. Falling back to "Default Allocation", serving NULL';
  return {
    ...NOTHING,
    flagEvaluationCode: "DEFAULT_ALLOCATION_NULL",
    flagEvaluationDescription,
    unmatchedAllocations: unmatched,
  };
}

function detailOf(source: unknown, index: number, code: AllocationCode): AllocationDetail {
  const key = textOr(own(source, "key"), "");
  return { key, allocationEvaluationCode: code, orderPosition: index + 1 };
}

function matchOf(
  flag: unknown,
  verdict: Verdict,
  allocation: string,
  subject: string,
): Pick<
  EppoDetails,
  | "flagEvaluationCode"
  | "flagEvaluationDescription"
  | "variationKey"
  | "variationValue"
  | "matchedRule"
> {
  const type = own(flag, "variationType");
  const variation = own(own(flag, "variations"), verdict.variation ?? "");
  const raw = own(variation, "value");
  const fits = hasType(raw, type) && valueOf(raw, type) !== undefined;
  return {
    flagEvaluationCode: fits ? "MATCH" : "ASSIGNMENT_ERROR",
    flagEvaluationDescription: fits
      ? described(verdict, allocation, subject)
      : `Variation (${verdict.variation}) is configured for type ${text(type)}, but is set to incompatible value (${text(raw)})`,
    variationKey: verdict.variation,
    variationValue: fits ? valueOf(raw, type) : raw,
    // Eppo tells of no rule where the variation could not be served.
    matchedRule: fits ? verdict.rule : null,
  };
}
