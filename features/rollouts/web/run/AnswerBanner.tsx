import { auditEntryHref } from "@paceline/audit/web";
import {
  TextLink,
  VerdictBanner,
  formatCount,
  formatNumber,
  formatRelative,
  useNow,
} from "@paceline/web-kit";
import type { BannerFigure, BannerTone } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";

import type { RollbackExecutionDocument } from "../../api.ts";
import type { RolloutDocument } from "../../plan-api.ts";
import { isUnderWay, sentence, shareWords, tookWords } from "../plan-words.ts";
import { rollbackQuery } from "../queries.ts";
import { blockerNames, blockerSentence } from "./blocker-words.ts";

type Answer = { readonly tone: BannerTone; readonly title: string; readonly words: string };

function where({ exposureShare }: RolloutDocument): string {
  return exposureShare === null ? "before its first stage" : `at ${shareWords(exposureShare)}`;
}

/** What a rollout's state means for the people behind it, and what comes next. */
function answerOf(rollout: RolloutDocument): Answer {
  const { state, reason, stage, stages, plan, blockers } = rollout;
  const because = sentence(reason ?? "");
  const first = plan.stages[0]?.exposureShare ?? 0;
  switch (state) {
    case "draft":
      return {
        tone: "plain",
        title: "A draft that exposes nobody",
        words: "Arm it when it is complete: arming checks the flag, the rule and the way back.",
      };
    case "armed":
      return {
        tone: "plain",
        title: "Armed, nobody is exposed yet",
        words: `Starting locks the flag and publishes the first stage, ${shareWords(first)}.`,
      };
    case "running": {
      const isLast = stage === stages - 1;
      const next = plan.stages[(stage ?? -1) + 1]?.exposureShare;
      const goal = isLast || next === undefined ? "it completes" : `it goes to ${shareWords(next)}`;
      return {
        tone: blockers.some(({ kind }) => kind === "approval") ? "caution" : "accent",
        title: `Running ${where(rollout)}`,
        words:
          blockers.length === 0
            ? `Nothing keeps it: ${goal} at once.`
            : `When ${blockers.length === 1 ? "this is" : "all of these are"} met, ${goal}:`,
      };
    }
    case "holding":
      return {
        tone: "caution",
        title: `Holding ${where(rollout)}`,
        words: "It goes on by itself:",
      };
    case "paused":
      return {
        tone: "caution",
        title: `Paused ${where(rollout)}`,
        words: `${because} What is served stays until somebody resumes it or takes it back.`,
      };
    case "completed":
      return {
        tone: "positive",
        title: `Completed ${where(rollout)}`,
        words: "Every stage was reached and all that held it was met. What is served stays.",
      };
    case "rolling-back":
      return {
        tone: "negative",
        title: rollout.descent === undefined ? "Rolling back now" : "Rolling back step by step",
        words:
          rollout.descent === undefined
            ? because
            : `${because} Those who came last leave first; nobody new is exposed.`,
      };
    case "rolled-back":
      return { tone: "negative", title: "Rolled back", words: because };
    case "aborted":
      return {
        tone: "plain",
        title: `Ended early ${where(rollout)}`,
        words: `${because} What is served stays as it was.`,
      };
  }
}

/** How fast everybody was taken back, and how many clients said so. */
function figuresBack({ effectMs, receipts }: RollbackExecutionDocument): readonly BannerFigure[] {
  const share = receipts?.share ?? null;
  return [
    ...(effectMs === null
      ? []
      : [{ label: "In effect", value: tookWords(effectMs), detail: "after it was asked for" }]),
    ...(share === null || receipts === null
      ? []
      : [
          {
            label: "Acknowledged",
            value: shareWords(Math.floor(share * 1_000) / 1_000),
            detail: `of ${formatCount(receipts.expected, "client")}`,
          },
        ]),
  ];
}

function figuresOf(
  rollout: RolloutDocument,
  execution: RollbackExecutionDocument | undefined,
  now: number | Date,
): readonly BannerFigure[] {
  const { exposureShare, stage, stages, exposedUnits, nextAt, state } = rollout;
  if (state === "rolled-back" && execution !== undefined) return figuresBack(execution);
  if (exposureShare === null || stage === null || state.startsWith("roll")) return [];
  return [
    {
      label: "Exposed",
      value: shareWords(exposureShare),
      detail: `stage ${stage + 1} of ${stages}`,
    },
    ...(exposedUnits === null
      ? []
      : [{ label: "Units", value: formatNumber(exposedUnits), detail: "exposed in this stage" }]),
    ...(nextAt === null
      ? []
      : [
          {
            label: stage === stages - 1 ? "Completes" : "Next stage",
            value: formatRelative(nextAt, now),
            detail: "by time",
          },
        ]),
  ];
}

/** The answer of the page: where it stands, what keeps it, and how it ended. */
export function AnswerBanner(props: { rollout: RolloutDocument }) {
  const { rollout } = props;
  const now = useNow();
  const answer = answerOf(rollout);
  const { blockers, state } = rollout;
  const { environment, flagKey, executionId } = rollout;
  const rollbacks = useQuery({
    ...rollbackQuery(environment, flagKey),
    enabled: executionId !== null,
  });
  const execution = rollbacks.data?.executions.find(({ id }) => id === executionId);
  const figures = figuresOf(rollout, execution, now);
  return (
    <VerdictBanner
      tone={answer.tone}
      title={answer.title}
      figures={figures.length === 0 ? undefined : figures}
      {...(rollout.executionId === null ? {} : { foot: <Execution execution={execution} /> })}
    >
      <p>{answer.words}</p>
      {isUnderWay(state) && blockers.length > 0 && state !== "paused" && (
        <ul aria-label="What it waits for" className="mt-1.5 flex flex-col gap-0.5">
          {blockers.map((blocker) => (
            <li key={`${blocker.kind} ${blocker.words}`} className="flex gap-2">
              <span className="w-16 shrink-0 font-medium text-fg">
                {blockerNames[blocker.kind] ?? blocker.kind}
              </span>
              <span className="min-w-0 break-words">{blockerSentence(blocker, now)}</span>
            </li>
          ))}
        </ul>
      )}
    </VerdictBanner>
  );
}

function Execution(props: { execution: RollbackExecutionDocument | undefined }) {
  const { execution } = props;
  if (execution === undefined) return <span>Its rollback is recorded with the flag.</span>;
  const { fromRevision, toRevision, effectMs } = execution;
  return (
    <span className="flex flex-wrap gap-x-2">
      <span>
        {fromRevision === null ? "" : `Revision ${fromRevision} was taken back: `}revision{" "}
        {toRevision} is {effectMs === null ? "not in effect yet" : "in effect"}.
      </span>
      <TextLink to={auditEntryHref(execution.auditEntry)}>Audit entry</TextLink>
    </span>
  );
}
