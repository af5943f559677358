import {
  Button,
  ErrorState,
  Loaded,
  Page,
  PageHeader,
  SkeletonRows,
  TabPanel,
  Tabs,
  useLive,
  useMay,
  usePageParams,
  usePageSearch,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Suspense, lazy } from "react";

import type { PlanDetail } from "../../plan-api.ts";
import { eventsPage, planPage } from "../pages.ts";
import { DraftBadge, ModeOfPlan } from "./PlanBadges.tsx";
import { PlanStateTab } from "./PlanStateTab.tsx";
import { PlanVersionsTab } from "./PlanVersionsTab.tsx";
import { planQuery } from "./queries.ts";

const PlanEditTab = lazy(async () => ({
  default: (await import("./PlanEditTab.tsx")).PlanEditTab,
}));
const PublishPlanDialog = lazy(async () => ({
  default: (await import("./PublishPlanDialog.tsx")).PublishPlanDialog,
}));

const tabs = [
  { value: "state", label: "Arrival" },
  { value: "edit", label: "Schema" },
  { value: "versions", label: "Versions" },
] as const;

/** One plan: how its events arrive, what it says, and how it came to say that. */
export function PlanPage() {
  const { planName } = usePageParams(planPage);
  const query = useQuery(planQuery(planName));
  useLive("plans", ["plans"]);
  const crumbs = [{ label: "Events", to: eventsPage.href({}, { tab: "plans" }) }] as const;
  return (
    <Page title={planName} crumbs={crumbs}>
      {query.data === undefined ? (
        <>
          <PageHeader title={planName} />
          {query.isError ? <ErrorState error={query.error} /> : <SkeletonRows />}
        </>
      ) : (
        <Loaded query={query} skeleton={null}>
          {(plan) => <PlanBody plan={plan} />}
        </Loaded>
      )}
    </Page>
  );
}

function PlanBody(props: { plan: PlanDetail }) {
  const { plan } = props;
  const [search, update] = usePageSearch(planPage);
  const mayPublish = useMay("plan.publish");
  const published = plan.versions.find(({ state }) => state === "published");
  const draft = plan.versions.find(({ state }) => state === "draft");
  const environment = search.environment ?? "production";
  return (
    <>
      <PageHeader
        title={plan.event || plan.eventType}
        badges={
          <>
            {published !== undefined && <ModeOfPlan mode={published.mode} />}
            {draft !== undefined && <DraftBadge version={draft.version} />}
          </>
        }
        actions={
          draft !== undefined &&
          mayPublish && (
            <Button kind="primary" onClick={() => update({ publish: true })}>
              Publish {draft.version}
            </Button>
          )
        }
      >
        {plan.description === ""
          ? `Plan ${plan.name}${published === undefined ? ", not in force yet" : `, version ${published.version} in force`}.`
          : plan.description}
      </PageHeader>
      <Tabs
        label="Parts of the plan"
        items={tabs}
        value={search.tab}
        onChange={(tab) => update({ tab }, "push")}
      >
        <TabPanel value="state">
          <PlanStateTab plan={plan} environment={environment} />
        </TabPanel>
        <TabPanel value="edit">
          <Suspense fallback={<SkeletonRows />}>
            {/* Anew for another version, so that the editor shows what was saved. */}
            <PlanEditTab key={draft?.version ?? published?.version ?? "first"} plan={plan} />
          </Suspense>
        </TabPanel>
        <TabPanel value="versions">
          <PlanVersionsTab plan={plan} />
        </TabPanel>
      </Tabs>
      {search.publish && draft !== undefined && mayPublish && (
        <Suspense fallback={null}>
          <PublishPlanDialog
            plan={plan}
            draft={draft}
            environment={environment}
            onClose={() => update({ publish: false })}
          />
        </Suspense>
      )}
    </>
  );
}
