import type { ApiProblem } from "@paceline/web-kit";

import type { CriterionDocument, MetricDocument } from "../../api.ts";

export const directions = [
  { value: "increase", label: "More is better" },
  { value: "decrease", label: "Less is better" },
] as const;
export const scales = [
  { value: "relative", label: "As a share of control" },
  { value: "absolute", label: "In the metric’s own unit" },
] as const;

export type CriterionFields = {
  readonly criterion: CriterionDocument;
  readonly metrics: readonly MetricDocument[];
  /** Where the faults of the criterion begin in the body that is sent: "" or "/criterion". */
  readonly pointer: string;
  readonly problem: ApiProblem | undefined;
  readonly disabled: boolean;
  readonly onChange: (criterion: CriterionDocument) => void;
};

/** What is typed and its factor for a size on a scale: percent, percentage points, or the unit. */
export function sizeUnit(
  scale: "absolute" | "relative",
  statistic: string,
): { readonly factor: number; readonly after: string } {
  if (scale === "relative") return { factor: 100, after: "%" };
  return statistic === "proportion" ? { factor: 100, after: "pp" } : { factor: 1, after: "" };
}
