import { Check } from "lucide-react";

import { classes } from "./classes.ts";
import type { Tone } from "./tone.ts";
import { toneSolid } from "./tone.ts";

/** How much of something limited is used: a timebox, an error budget. */
export function Meter(props: {
  /** What is measured, for the screen reader: "Timebox, 16 of 21 days". */
  label: string;
  value: number;
  max: number;
  tone?: Tone | undefined;
}) {
  const { label, value, max, tone = "accent" } = props;
  const share = max > 0 ? Math.min(1, Math.max(0, value / max)) : 0;
  return (
    <div>
      <meter aria-label={label} min={0} max={max} value={value} className="sr-only">
        {label}
      </meter>
      <div aria-hidden className="h-1.5 overflow-hidden rounded-full bg-hover">
        <div
          className={classes("h-full rounded-full", toneSolid[tone])}
          style={{ width: `${share * 100}%` }}
        />
      </div>
    </div>
  );
}

/** How far something that runs has come; without a value it says only that it runs. */
export function ProgressBar(props: { label: string; value?: number | undefined }) {
  const { label, value } = props;
  const known = value !== undefined;
  return (
    <div>
      <progress aria-label={label} value={value} max={1} className="sr-only" />
      <div aria-hidden className="h-1.5 overflow-hidden rounded-full bg-hover">
        <div
          className={classes("h-full rounded-full bg-accent-solid", !known && "animate-pulse")}
          style={{ width: known ? `${Math.min(1, Math.max(0, value)) * 100}%` : "100%" }}
        />
      </div>
    </div>
  );
}

/** Sprints or milestones done, as separate strokes. */
export function StepBar(props: {
  /** "2 of 4 sprints done" */
  label: string;
  done: number;
  total: number;
  tone?: Tone | undefined;
}) {
  const { label, done, total, tone = "accent" } = props;
  return (
    <div title={label} className="flex gap-0.5">
      <span className="sr-only">{label}</span>
      {Array.from({ length: total }, (_, step) => (
        <span
          aria-hidden
          key={step}
          className={classes(
            "h-1.5 flex-1 rounded-full",
            step < done ? toneSolid[tone] : "bg-hover",
          )}
        />
      ))}
    </div>
  );
}

export type ArtifactMark = { readonly name: string; readonly present: boolean };

/** One small box for each artifact, filled where the system has found it. */
export function ArtifactSquares(props: { artifacts: readonly ArtifactMark[] }) {
  const { artifacts } = props;
  const present = artifacts.filter((artifact) => artifact.present).length;
  const missing = artifacts.filter((artifact) => !artifact.present).map(({ name }) => name);
  const label =
    `${present} of ${artifacts.length} artifacts present` +
    (missing.length === 0 ? "" : `, missing: ${missing.join(", ")}`);
  return (
    <span title={label} className="flex items-center gap-2">
      <span className="sr-only">{label}</span>
      <span aria-hidden className="flex gap-1">
        {artifacts.map((artifact) => (
          <span
            key={artifact.name}
            className={classes(
              "grid size-3.5 place-items-center rounded-[3px] border",
              artifact.present
                ? "border-positive-line bg-positive-tint text-positive"
                : "border-line-2 bg-surface",
            )}
          >
            {artifact.present && <Check aria-hidden className="size-2.5" strokeWidth={3} />}
          </span>
        ))}
      </span>
      <span aria-hidden className="text-small text-fg3 tabular-nums">
        {present}/{artifacts.length}
      </span>
    </span>
  );
}
