import { Card, SegmentedControl, formatCount, formatDate } from "@paceline/web-kit";
import { Suspense, lazy } from "react";

import type { ArmResultDocument, ExperimentDetail } from "../../api.ts";
import { barOn, decidingOn, effectOn, liftPoints, primaryOf } from "../evidence.ts";
import { formatEffect, formatEnds } from "../words.ts";
import type { Scale } from "../words.ts";

// The chart's code is as large as the rest of the page, and the answer stands above it.
const LiftDrawing = lazy(async () => ({
  default: (await import("./LiftDrawing.tsx")).LiftDrawing,
}));

const dayMs = 86_400_000;
const scales = [
  { value: "relative", label: "Relative" },
  { value: "absolute", label: "Absolute" },
] as const;

/** The primary effect over the looks with its deciding interval, against the locked criterion. */
export function LiftCard(props: {
  experiment: ExperimentDetail;
  arm: ArmResultDocument;
  scale: Scale;
  onScale: (scale: Scale) => void;
}) {
  const { experiment, arm, scale, onScale } = props;
  const { criterion, looks, metrics } = experiment;
  const { primary } = criterion;
  const metric = metrics.find(({ key }) => key === primary.metric);
  const format = metric ?? { format: "number" };
  const result = primaryOf(arm);
  const points = liftPoints(looks, arm.arm, scale);
  const bar = barOn(criterion, result, scale);
  const open = looks.length - points.length;
  const carried = scale !== primary.scale;
  const name = metric?.name ?? primary.metric;
  const found = result === undefined ? null : effectOn(result, scale);
  const ends = result === undefined ? null : decidingOn(result, scale);
  const title =
    found === null || ends === null
      ? `${name}: nothing can be said yet`
      : `${name} at look ${looks.length}: ${formatEffect(found.effect, scale, format)}, deciding interval ${formatEnds(ends, scale, format)}, criterion ${formatEffect(bar, scale, format)}`;
  return (
    <Card
      title={name}
      note={`${scale} lift of ${arm.arm} against control, deciding interval at ${primary.confidence * 100}%`}
      actions={
        <SegmentedControl label="Scale" segments={scales} value={scale} onChange={onScale} />
      }
      foot={
        carried || open > 0 ? (
          <>
            {carried &&
              `The criterion was locked on the ${primary.scale} scale; here it and the deciding interval are carried over at control’s present value. `}
            {open > 0 &&
              `${formatCount(open, "early look")} could not bound the effect yet and ${open === 1 ? "is" : "are"} not drawn.`}
          </>
        ) : undefined
      }
    >
      {points.length === 0 ? (
        <p className="py-10 text-center text-fg2">
          No look could bound the effect yet: the error that looks may spend grows with the data.
        </p>
      ) : (
        <Suspense fallback={<div aria-hidden className="skeleton h-80" />}>
          <LiftDrawing
            title={title}
            points={points}
            criterion={bar}
            direction={primary.direction}
            format={(value) => formatEffect(value, scale, format)}
            formatAt={formatDay}
            looks={looks.map(({ asOf }) => Date.parse(asOf))}
          />
        </Suspense>
      )}
    </Card>
  );
}

/** The day; for the noon between two days, which a short axis also marks, the time. */
function formatDay(at: number): string {
  if (at % dayMs === dayMs / 2) return "12:00";
  const [day = "", month = ""] = formatDate(at, "UTC").split(" ");
  return `${day} ${month}`;
}
