import { rolloutComparison } from "@paceline/flags/domain";
import { isComputable, sequentialSampleRatio } from "@paceline/stats";

import { broken, noData, pass } from "./guard-judged.ts";
import type { Judged } from "./guard-judged.ts";
import type { GuardStatistics } from "./guard-statistics.ts";
import type { GuardAction, MultipleExposureSource } from "./guard.ts";

/** Fewer units of both arms together are no data. */
const FIRST_UNITS = 100;

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

export interface RatioGuardInput {
  readonly action: GuardAction;
  readonly statistics: GuardStatistics;
  readonly exposureShare: number;
  readonly alpha: number;
  readonly planAlpha: number;
}

/** Whether exposed and held-back units come in the shares that the gate lets through, at all times. */
export function judgeRatio(input: RatioGuardInput): Judged {
  const { statistics, exposureShare, alpha, planAlpha } = input;
  const exposed = statistics.exposed.units;
  const control = statistics.control.units;
  const numbers = { units: { exposed, control }, alpha, planAlpha };
  const planned = rolloutComparison("", exposureShare);
  if (planned === null || exposed + control < FIRST_UNITS) {
    return noData(`${exposed + control} units are too few to judge their shares.`, numbers);
  }
  const shares = [planned.exposedParts, planned.controlParts];
  const tested = sequentialSampleRatio([[exposed, control]], shares);
  if (!isComputable(tested)) return noData("The shares cannot be compared.", numbers);
  const p = tested[0]?.p ?? 1;
  const plannedShare = planned.exposedParts / (planned.exposedParts + planned.controlParts);
  const share = exposed / (exposed + control);
  const all = { ...numbers, p, share, plannedShare };
  return p < alpha
    ? broken(
        input.action,
        `${percent(share)} of the units are exposed instead of ${percent(plannedShare)}: the assignment or its recording is broken, so no number of this stage can be trusted.`,
        all,
      )
    : pass("Exposed and held-back units come in the planned shares.", all);
}

/** Whether too many units were seen in two variants. */
export function judgeMultipleExposure(
  source: MultipleExposureSource,
  action: GuardAction,
  statistics: GuardStatistics,
): Judged {
  const crossed = statistics.crossExposedUnits;
  const units = statistics.exposed.units + statistics.control.units + crossed;
  const share = units === 0 ? 0 : crossed / units;
  const numbers = { units, crossExposedUnits: crossed, share, maxShare: source.maxShare };
  if (units < FIRST_UNITS) return noData(`${units} units are too few to judge.`, numbers);
  return share >= source.maxShare
    ? broken(
        action,
        `${percent(share)} of the units were seen in two variants (limit ${percent(source.maxShare)}): they do not keep what they got.`,
        numbers,
      )
    : pass("Units keep the variant that they got.", numbers);
}
