import {
  ApiProblem,
  ArtifactSquares,
  Badge,
  Button,
  Card,
  CardRow,
  CodeBlock,
  EmptyState,
  ErrorState,
  Hash,
  KeyValues,
  Meter,
  ModeBadge,
  ModeDot,
  Notice,
  Person,
  ProgressBar,
  RelativeTime,
  SkeletonRows,
  StandingBadge,
  StateBadge,
  StepBar,
  TextLink,
  VerdictBadge,
  VerdictBanner,
} from "@paceline/web-kit";
import { CircleCheck, Flag, Lock, TriangleAlert } from "lucide-react";

import { nowMs } from "./samples.ts";

const states = [
  "draft",
  "proposed",
  "decided",
  "ready",
  "in_flight",
  "verdict",
  "captured",
  "cancelled",
  "waiting",
  "rolled back",
];
const verdicts = ["ship", "rollback", "iterate", "inconclusive", "invalid", "continue"] as const;
const standings = [
  "wins",
  "harm",
  "no-clear-change",
  "holds",
  "breached",
  "not-enough-data",
  "late",
] as const;
const artifacts = [
  "Hypothesis",
  "Telemetry plan",
  "Rollback plan",
  "Owner",
  "Feature flag",
  "Dependency map",
  "Audit trail",
];
const problem = new ApiProblem({
  kind: "criterion-locked",
  status: 409,
  title: "The criterion is locked",
  detail:
    "It was locked on 7 Nov, before the first exposure. Nothing was changed. Start a new iteration to change it.",
  faults: [{ pointer: "/criterion/successAtLeast", detail: "cannot change after the lock" }],
  requestId: "req-01J9",
});

export function StateSamples() {
  return (
    <>
      <VerdictBanner
        tone="positive"
        title="Ready to ship"
        figures={[
          { label: "Lift", value: "+4.8%", detail: "+2.3% to +7.4%" },
          { label: "Extra orders", value: "+352 a day", detail: "at 100% of traffic" },
          { label: "Sample", value: "133,960", detail: "checkout starts" },
        ]}
        foot={
          <>
            <Lock aria-hidden /> Criterion locked by Mara Lindqvist on 7 Nov, before the first
            exposure
          </>
        }
        footLink={<TextLink to="/">Audit entry 47,212</TextLink>}
      >
        Orders per checkout start are up by 4.8%. Even the cautious end of the range is above the
        +1.0% you asked for, and all four guardrails hold.
      </VerdictBanner>
      <VerdictBanner
        tone="negative"
        title="Rolled back"
        action={<Button kind="danger">Roll back</Button>}
      >
        The p75 page load got worse by 9.1%, which is more than the 3.0% you accept.
      </VerdictBanner>
      <VerdictBanner tone="caution" title="Waiting for Legal">
        Ines Carvalho has until 16:00 to approve the consent wording.
      </VerdictBanner>
      <VerdictBanner tone="accent" title="Collecting, day 5 of 14">
        Nothing can be said before 200 customers have been seen in each arm.
      </VerdictBanner>
      <Notice
        tone="caution"
        title="New sprints are paused for Email delivery."
        action={<TextLink to="/">See budget</TextLink>}
      >
        Its error budget is 104% spent.
      </Notice>
      <div className="grid gap-5 md:grid-cols-2">
        <Card title="Badges" note="modes, states, verdicts, standings">
          <div className="flex flex-wrap gap-2">
            <ModeBadge mode="sprint" />
            <ModeBadge mode="marathon" />
            <ModeBadge mode="hybrid" />
            <ModeBadge mode={null} />
            {states.map((state) => (
              <StateBadge key={state} state={state} />
            ))}
            <StateBadge state="running" detail="day 16 of 21" />
            {verdicts.map((verdict) => (
              <VerdictBadge key={verdict} verdict={verdict} />
            ))}
            {standings.map((standing) => (
              <StandingBadge key={standing} standing={standing} />
            ))}
            <Badge tone="caution" icon={<TriangleAlert aria-hidden />}>
              2 gaps
            </Badge>
            <ModeDot mode="hybrid" />
          </div>
        </Card>
        <Card
          title="People and progress"
          foot="Rolls back by itself when any guardrail leaves its margin. Last drill: 3 min 12 s."
        >
          <KeyValues
            items={[
              { key: "Owner", value: <Person name="Mara Lindqvist" note="Marketer" /> },
              { key: "Key", value: <Person name="ci-campaigns" kind="key" /> },
              { key: "Service", value: <Person name="Rollout controller" kind="service" /> },
              {
                key: "Timebox",
                value: <Meter label="Timebox, 16 of 21 days" value={16} max={21} tone="sprint" />,
              },
              {
                key: "Sprints",
                value: <StepBar label="2 of 4 sprints done" done={2} total={4} tone="hybrid" />,
              },
              { key: "Import", value: <ProgressBar label="Import" value={0.42} /> },
              {
                key: "Artifacts",
                value: (
                  <ArtifactSquares
                    artifacts={artifacts.map((name, index) => ({ name, present: index < 4 }))}
                  />
                ),
              },
              { key: "Decided", value: <RelativeTime at={nowMs} /> },
              {
                key: "Digest",
                value: (
                  <Hash value="79249188229b46b154be8828c5f948eefc16bc30c4282d49cab36de45a09e593" />
                ),
              },
            ]}
          />
        </Card>
        <Card title="Data health" actions={<Badge tone="positive">All clear</Badge>} flush>
          <CardRow
            icon={<CircleCheck aria-hidden className="size-4 text-positive" />}
            value="50.06 / 49.94, p = 0.66"
          >
            Sample ratio
          </CardRow>
          <CardRow
            icon={<CircleCheck aria-hidden className="size-4 text-positive" />}
            value="0.02% of visitors"
          >
            Double exposure
          </CardRow>
        </Card>
        <Card title="Loading" flush>
          <SkeletonRows rows={3} />
        </Card>
      </div>
      <Card flush>
        <EmptyState
          icon={<Flag />}
          title="Flags of this environment appear here"
          action={<Button kind="primary">Create a flag</Button>}
          link={<TextLink to="/">See a filled example</TextLink>}
        >
          A flag is what makes a change reversible in seconds.
        </EmptyState>
      </Card>
      <ErrorState error={problem} onRetry={() => {}} />
      <CodeBlock
        label="Start a sync"
        code={
          'curl -H "authorization: Bearer $KEY" \\\n  http://127.0.0.1:4410/ofrep/v1/evaluate/flags'
        }
      />
    </>
  );
}
