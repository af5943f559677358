import { auditEntryHref } from "@paceline/audit/web";
import { AbsoluteTime, TextLink, VerdictBanner, formatNumber } from "@paceline/web-kit";
import type { BannerFigure } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Lock } from "lucide-react";

import type { ArmResultDocument, ExperimentDetail } from "../../api.ts";
import { decidingOn, effectOn, primaryOf, unitsOf } from "../evidence.ts";
import { rollbacksQuery } from "../queries.ts";
import { formatEffect, formatEnds } from "../words.ts";
import { answerOf } from "./verdict.ts";

/** The answer first: one sentence, the lift with its interval, the sample, and who locked what when. */
export function Verdict(props: {
  experiment: ExperimentDetail;
  arm: ArmResultDocument | undefined;
  control: string;
}) {
  const { experiment, arm } = props;
  const { id, environment, flagKey } = experiment;
  const wayBack = useQuery(rollbacksQuery(environment, flagKey));
  const wentBack = wayBack.data?.executions.some(({ experimentId }) => experimentId === id);
  const { tone, title, words } = answerOf(experiment, wentBack === true);
  const last = experiment.looks.at(-1)?.analysis;
  // A run that a person or the monitor ended has their reason, which no arm of a look can replace.
  const byLook = experiment.reason === null || experiment.reason === last?.reason;
  const several = byLook && (last?.arms.length ?? 0) > 1;
  const { lockedBy, lockedAt, lockEntry } = experiment;
  return (
    <VerdictBanner
      tone={tone}
      title={several && arm !== undefined ? `${title} (${arm.arm})` : title}
      figures={figuresOf(experiment, arm)}
      foot={
        lockedAt !== null && (
          <>
            <Lock aria-hidden />
            <span>
              Criterion locked by {lockedBy} on <AbsoluteTime at={lockedAt} />, before the first
              exposure
            </span>
          </>
        )
      }
      footLink={
        lockEntry !== null && <TextLink to={auditEntryHref(lockEntry)}>Audit entry</TextLink>
      }
    >
      <p>{several && arm !== undefined ? arm.reason : words}</p>
    </VerdictBanner>
  );
}

function figuresOf(
  { criterion, metrics, looks }: ExperimentDetail,
  arm: ArmResultDocument | undefined,
): readonly BannerFigure[] | undefined {
  const analysis = looks.at(-1)?.analysis;
  if (analysis === undefined) return undefined;
  const { scale, metric } = criterion.primary;
  const format = metrics.find(({ key }) => key === metric) ?? { format: "number" };
  const result = primaryOf(arm);
  const found = result === undefined ? null : effectOn(result, scale);
  const deciding = result === undefined ? null : decidingOn(result, scale);
  const sample = {
    label: "Sample",
    value: formatNumber(unitsOf(analysis)),
    detail: `${criterion.unit}s in ${analysis.arms.length + 1} arms`,
  };
  if (found === null || result === undefined) return [sample];
  const lift = {
    label: "Lift",
    value: formatEffect(found.effect, scale, format),
    detail:
      deciding === null ? "interval still open" : `decides: ${formatEnds(deciding, scale, format)}`,
  };
  const other = scale === "relative" ? "absolute" : "relative";
  const second = effectOn(result, other);
  const shown =
    second === null
      ? []
      : [
          {
            label: other === "absolute" ? "In absolute terms" : "Against control",
            value: formatEffect(second.effect, other, format),
            detail: `${criterion.primary.confidence * 100}%: ${formatEnds(second.interval, other, format)}`,
          },
        ];
  return [lift, ...shown, sample];
}
