import {
  Card,
  classes,
  formatPercent,
  formatRelative,
  formatTime,
  useNow,
} from "@paceline/web-kit";

import type { RolloutDocument } from "../../plan-api.ts";
import { shareWords } from "../plan-words.ts";

/** A rollback on its way down, step by step: those who came last leave first. */
export function DescentCard(props: { rollout: RolloutDocument }) {
  const { descent } = props.rollout;
  const now = useNow();
  if (descent === undefined) return null;
  const { done, ahead, endsAt } = descent;
  const taken = done.length;
  const all = taken + ahead.length + 1;
  return (
    <Card
      title="On its way back"
      note={`step ${Math.min(taken + 1, all)} of ${all}`}
      foot="Rolling back now takes everybody back at once, without the steps that are left."
    >
      <ol aria-label="Steps of the rollback" className="flex flex-col gap-2.5">
        {[
          ...done.map((step) => ({ ...step, isDone: true })),
          ...ahead.map((step) => ({ ...step, isDone: false })),
        ].map(({ stage, exposureShare, at, isDone }) => (
          <Step
            key={`${stage} ${at}`}
            isDone={isDone}
            title={`Down to ${shareWords(exposureShare)}`}
            note={isDone ? formatTime(at) : formatRelative(at, now)}
          />
        ))}
        <Step isDone={false} title="The target, for everybody" note={formatRelative(endsAt, now)} />
      </ol>
      <p className="sr-only" aria-live="polite">
        {formatPercent(taken / all, 0)} of the way back
      </p>
    </Card>
  );
}

function Step(props: { isDone: boolean; title: string; note: string }) {
  const { isDone, title, note } = props;
  return (
    <li className="flex items-baseline gap-2.5">
      <span
        aria-hidden
        className={classes(
          "size-2.5 shrink-0 rounded-full border",
          isDone ? "border-negative-solid bg-negative-solid" : "border-line-2 bg-surface",
        )}
      />
      <span className={classes("min-w-0 flex-1", !isDone && "text-fg2")}>
        <span className="sr-only">{isDone ? "done: " : "to come: "}</span>
        {title}
      </span>
      <span className="text-small text-fg2 tabular-nums">{note}</span>
    </li>
  );
}
