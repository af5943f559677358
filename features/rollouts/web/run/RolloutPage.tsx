import {
  Badge,
  Columns,
  Loaded,
  Page,
  PageHeader,
  SkeletonRows,
  TextLink,
  useLive,
  useLiveState,
  usePageParams,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Suspense, lazy } from "react";

import type { RolloutDocument } from "../../plan-api.ts";
import { WayBackCard } from "../LateWayBack.tsx";
import { flagHref, rolloutPage, rolloutsPage } from "../pages.ts";
import { rolloutQuery } from "../plan-queries.ts";
import { isUnderWay, shareWords } from "../plan-words.ts";
import { StateOfRollout } from "../StateOfRollout.tsx";
import { Acts } from "./Acts.tsx";
import { AnswerBanner } from "./AnswerBanner.tsx";
import { ForesightCard } from "./ForesightCard.tsx";
import { ReceiptsCard } from "./ReceiptsCard.tsx";
import { StagesCard } from "./StagesCard.tsx";

const DescentCard = lazy(async () => ({
  default: (await import("./DescentCard.tsx")).DescentCard,
}));
const GuardsCard = lazy(async () => ({ default: (await import("./GuardsCard.tsx")).GuardsCard }));
const HistoryCard = lazy(async () => ({
  default: (await import("./HistoryCard.tsx")).HistoryCard,
}));
const PlanCard = lazy(async () => ({ default: (await import("./PlanCard.tsx")).PlanCard }));
const ReadinessNotice = lazy(async () => ({
  default: (await import("./ReadinessNotice.tsx")).ReadinessNotice,
}));
const Standstills = lazy(async () => ({
  default: (await import("./Standstills.tsx")).Standstills,
}));

const crumbs = [{ label: "Rollouts", to: rolloutsPage.href() }] as const;

/** One rollout: where it stands, what it waits for, what its guards say, and the way back. */
export function RolloutPage() {
  const { rolloutId } = usePageParams(rolloutPage);
  const query = useQuery(rolloutQuery(rolloutId));
  // A rollout is rolled back once its rollback was seen in effect: then that has changed, too.
  useLive("rollouts", ["rollouts"], ["rollbacks"]);
  useLive("guards", ["rollouts", "guards"], ["rollouts", "one"]);
  useLive("flag-clients", ["flag-receipts"]);
  useLive("rollbacks", ["rollbacks"]);
  if (query.data !== undefined && !query.isError) return <Content rollout={query.data} />;
  return (
    <Page title={query.data?.name ?? "Rollout"} crumbs={crumbs}>
      {query.data === undefined && <PageHeader title="Rollout" />}
      <Loaded query={query} skeleton={<SkeletonRows rows={8} />}>
        {(rollout) => <Parts rollout={rollout} />}
      </Loaded>
    </Page>
  );
}

function Live() {
  const state = useLiveState();
  const words = { live: "Live", connecting: "Connecting", away: "Not live" }[state];
  return (
    <Badge tone={state === "live" ? "accent" : "plain"} dot={state === "live"}>
      {words}
    </Badge>
  );
}

function Content(props: { rollout: RolloutDocument }) {
  const { rollout } = props;
  return (
    <Page title={rollout.name} crumbs={crumbs} actions={<Live />}>
      <Parts rollout={rollout} />
    </Page>
  );
}

function exposureBadge({ state, exposureShare }: RolloutDocument): string | undefined {
  return exposureShare === null || !isUnderWay(state) ? undefined : shareWords(exposureShare);
}

function Parts(props: { rollout: RolloutDocument }) {
  const { rollout } = props;
  const { flagKey, environment, state, plan } = rollout;
  const begun = rollout.startedAt !== null;
  const isOpen = rollout.endedAt === null && state !== "rolling-back";
  return (
    <>
      <Acts
        rollout={rollout}
        badges={
          <>
            <StateOfRollout state={state} detail={exposureBadge(rollout)} />
            <Badge>{environment}</Badge>
          </>
        }
      >
        Rule <span className="font-mono text-small">{plan.ruleId}</span> of{" "}
        <TextLink to={flagHref(flagKey, environment)}>{flagKey}</TextLink> in {environment}
        {plan.template === null ? "." : `, by the template ${plan.template}.`}
      </Acts>
      {begun && rollout.endedAt === null && (
        <Suspense>
          <Standstills rolloutId={rollout.id} />
        </Suspense>
      )}
      <div className="mb-5">
        <AnswerBanner rollout={rollout} />
      </div>
      {rollout.initiativeId !== null && rollout.endedAt === null && (
        <Suspense>
          <ReadinessNotice id={rollout.initiativeId} environment={environment} />
        </Suspense>
      )}
      <Columns
        aside={
          <>
            {isOpen && begun && <ForesightCard rollout={rollout} />}
            {rollout.descent !== undefined && (
              <Suspense fallback={<SkeletonRows rows={3} />}>
                <DescentCard rollout={rollout} />
              </Suspense>
            )}
            {rollout.revision !== null && <ReceiptsCard rollout={rollout} />}
            <Suspense fallback={<SkeletonRows rows={4} />}>
              <PlanCard rollout={rollout} />
            </Suspense>
          </>
        }
      >
        <StagesCard rollout={rollout} />
        <Suspense fallback={<SkeletonRows rows={6} />}>
          {!begun && rollout.endedAt === null && (
            <WayBackCard
              environment={environment}
              flagKey={flagKey}
              initiativeId={rollout.initiativeId}
            />
          )}
          <GuardsCard rollout={rollout} />
          {begun && <HistoryCard rollout={rollout} />}
        </Suspense>
      </Columns>
    </>
  );
}
