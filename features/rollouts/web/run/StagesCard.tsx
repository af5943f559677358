import { Badge, Card, RelativeTime, classes, formatDay, formatTime } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";

import type { RolloutDocument } from "../../plan-api.ts";
import { historyQuery } from "../plan-queries.ts";
import { holdWords, shareWords, windowWords } from "../plan-words.ts";
import { publishedAt, standingOf } from "./stage-standing.ts";
import type { StageStanding } from "./stage-standing.ts";
import { Staircase } from "./Staircase.tsx";

const dots = {
  done: "border-positive-solid bg-positive-solid",
  present: "border-accent-solid bg-accent-solid ring-4 ring-accent-tint",
  "taken-back": "border-negative-solid bg-negative-solid",
  left: "border-fg3 bg-fg3",
  planned: "border-line-2 bg-surface",
} as const satisfies Record<StageStanding, string>;

const standingWords = {
  done: "done",
  present: "here",
  "taken-back": "taken back",
  left: "was reached",
  planned: "to come",
} as const satisfies Record<StageStanding, string>;

/** The planned exposure as a staircase, and the same stages as a list with what holds each. */
export function StagesCard(props: { rollout: RolloutDocument }) {
  const { rollout } = props;
  const history = useQuery({
    ...historyQuery(rollout.id),
    enabled: rollout.startedAt !== null,
  });
  const at = publishedAt(history.data?.items ?? []);
  const { stages, windows } = rollout.plan;
  return (
    <Card
      title="Stages"
      note={`${shareWords(stages[0]?.exposureShare ?? 0)} to ${shareWords(stages.at(-1)?.exposureShare ?? 0)}`}
      flush
      foot={windows.length === 0 ? undefined : <Windows rollout={rollout} />}
    >
      <div className="card-px pt-4">
        <Staircase
          steps={stages.map(({ exposureShare }, index) => ({
            share: exposureShare,
            standing: standingOf(rollout, index),
          }))}
        />
      </div>
      <ol aria-label="Stages of the plan" className="card-px py-3">
        {stages.map((stage, index) => {
          const standing = standingOf(rollout, index);
          const since = at.get(index);
          const yes = rollout.approvals.find((one) => one.stage === stage.id);
          return (
            <li
              key={stage.id}
              aria-current={standing === "present" ? "step" : undefined}
              className="relative grid grid-cols-[0.75rem_3.5rem_minmax(0,1fr)_auto] items-baseline gap-x-3 pb-3 last:pb-0"
            >
              {index < stages.length - 1 && (
                <span
                  aria-hidden
                  className={classes(
                    "absolute top-4 bottom-0 left-[5px] w-px",
                    standing === "done" ? "bg-positive-solid" : "bg-line-2",
                  )}
                />
              )}
              <span
                aria-hidden
                className={classes("mt-1 size-2.5 self-start rounded-full border", dots[standing])}
              />
              <span className="font-medium tabular-nums">{shareWords(stage.exposureShare)}</span>
              <span className={classes("min-w-0", standing === "planned" ? "text-fg2" : "text-fg")}>
                {stage.name === "" ||
                stage.name.replace(" ", "") === shareWords(stage.exposureShare)
                  ? ""
                  : `${stage.name}. `}
                <span className="text-fg2">Holds for {holdWords(stage.hold)}</span>
                {stage.when !== null && (
                  <>
                    {" "}
                    <Badge>new targeting</Badge>
                  </>
                )}
                {yes !== undefined && (
                  <span className="text-small text-positive">
                    {" "}
                    Approved by {withRole(yes.role)}
                  </span>
                )}
              </span>
              <span className="text-right text-small text-fg2 tabular-nums">
                <span className="sr-only">{standingWords[standing]}, </span>
                {standing === "present" && since !== undefined ? (
                  <>
                    since <RelativeTime at={since} />
                  </>
                ) : since === undefined ? (
                  history.data !== undefined && (standing === "done" || standing === "left") ? (
                    "made up for"
                  ) : (
                    ""
                  )
                ) : (
                  `${formatDay(since)}, ${formatTime(since)}`
                )}
              </span>
            </li>
          );
        })}
      </ol>
    </Card>
  );
}

function withRole(role: string): string {
  return role === "" ? "a member" : `the ${role}`;
}

function Windows(props: { rollout: RolloutDocument }) {
  return (
    <ul aria-label="Windows" className="flex flex-col gap-0.5">
      {props.rollout.plan.windows.map((window) => (
        <li key={`${window.kind} ${window.name} ${window.startsAt}`}>
          <span className="font-medium text-fg">{window.name}</span>: {windowWords(window)}
        </li>
      ))}
    </ul>
  );
}
