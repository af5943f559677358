import {
  Button,
  Card,
  EmptyState,
  Loaded,
  SkeletonRows,
  Table,
  VerdictBanner,
  formatCount,
  formatNumber,
  useLive,
  useMay,
  usePageSearch,
} from "@paceline/web-kit";
import type { Column } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { FileCheck2 } from "lucide-react";
import { Suspense, lazy } from "react";

import type { PlanSummary } from "../../plan-api.ts";
import { eventsPage, planPage } from "../pages.ts";
import { ArrivalBadge, DraftBadge, ModeOfPlan } from "./PlanBadges.tsx";
import { initiativeNamesQuery, plansQuery } from "./queries.ts";

const CreatePlanDialog = lazy(async () => ({
  default: (await import("./CreatePlanDialog.tsx")).CreatePlanDialog,
}));

const arrivalIn = (plan: PlanSummary, environment: string) =>
  plan.arrivals.find((one) => one.environment === environment);

const violationsOf = (plan: PlanSummary, environment: string) => {
  const arrival = arrivalIn(plan, environment);
  return (arrival?.observed ?? 0) + (arrival?.quarantined ?? 0);
};

/** What the events should look like, and whether they do. */
export function PlansTab(props: { environment: string }) {
  const { environment } = props;
  const [search, update] = usePageSearch(eventsPage);
  const query = useQuery(plansQuery);
  const initiatives = useQuery(initiativeNamesQuery);
  const mayWrite = useMay("plan.write");
  useLive("plans", ["plans"]);
  const create = mayWrite && (
    <Button kind="bordered" onClick={() => update({ newPlan: true })}>
      Plan an event
    </Button>
  );
  const nameOf = (id: string | null) =>
    initiatives.data?.items.find((one) => one.id === id)?.key ?? "–";
  return (
    <>
      <Loaded query={query} skeleton={<SkeletonRows />}>
        {({ items }) =>
          items.length === 0 ? (
            <Card>
              <EmptyState
                icon={<FileCheck2 />}
                title="Say what an event must look like, and every event is held to it"
                action={create}
              >
                A plan describes the properties of one event. What breaks it is found the moment it
                arrives, with its place and the reason, and can be mended and replayed.
              </EmptyState>
            </Card>
          ) : (
            <div className="flex flex-col gap-5">
              <Answer plans={items} environment={environment} />
              <Card title="Plans" actions={create} flush>
                <Table
                  label="Telemetry plans"
                  stickyHead={false}
                  rows={items}
                  rowKey={({ name }) => name}
                  rowTo={({ name }) => planPage.href({ planName: name }, { environment })}
                  columns={columnsFor(environment, nameOf)}
                />
              </Card>
            </div>
          )
        }
      </Loaded>
      {search.newPlan && mayWrite && (
        <Suspense fallback={null}>
          <CreatePlanDialog onClose={() => update({ newPlan: false })} />
        </Suspense>
      )}
    </>
  );
}

function Answer(props: { plans: readonly PlanSummary[]; environment: string }) {
  const { plans, environment } = props;
  const inForce = plans.filter(({ published }) => published !== null);
  const arriving = inForce.filter((plan) => arrivalIn(plan, environment)?.state === "arriving");
  const broken = inForce.filter((plan) => violationsOf(plan, environment) > 0);
  const violations = broken.reduce((sum, plan) => sum + violationsOf(plan, environment), 0);
  const missing = inForce.filter((plan) => !arriving.includes(plan));
  const figures = [
    { label: "In force", value: formatNumber(inForce.length) },
    { label: "Arriving", value: formatNumber(arriving.length), detail: `in ${environment}` },
    { label: "Broke a plan", value: formatNumber(violations), detail: "last 30 days" },
  ];
  if (inForce.length === 0)
    return (
      <VerdictBanner tone="plain" title="No plan is in force yet" figures={figures}>
        Publish a draft, and the events that arrive are held to it.
      </VerdictBanner>
    );
  if (broken.length > 0)
    return (
      <VerdictBanner
        tone="caution"
        title={`${formatCount(violations, "event")} broke ${broken.length === 1 ? `the plan of ${broken[0]?.event ?? ""}` : `${broken.length} plans`}`}
        figures={figures}
      >
        In {environment}, over the last 30 days. Open a plan to see where.
      </VerdictBanner>
    );
  if (missing.length > 0)
    return (
      <VerdictBanner
        tone="plain"
        title={`${formatCount(missing.length, "planned event")} ${missing.length === 1 ? "is" : "are"} not arriving in ${environment}`}
        figures={figures}
      >
        {missing.map(({ event, eventType }) => event || eventType).join(", ")}: send one, and it
        counts from the first that fits its plan.
      </VerdictBanner>
    );
  return (
    <VerdictBanner
      tone="positive"
      title="Every planned event arrives as it should"
      figures={figures}
    >
      None broke its plan in {environment} over the last 30 days.
    </VerdictBanner>
  );
}

function columnsFor(
  environment: string,
  initiative: (id: string | null) => string,
): readonly Column<PlanSummary>[] {
  return [
    {
      key: "event",
      label: "Event",
      cell: ({ event, eventType }) => event || eventType,
    },
    {
      key: "arrival",
      label: "Arrival",
      cell: (plan) =>
        plan.published === null ? null : <ArrivalBadge arrival={arrivalIn(plan, environment)} />,
    },
    {
      key: "version",
      label: "Version",
      cell: (plan) => (
        <span className="flex flex-wrap items-center gap-2">
          {plan.published !== null && (
            <span className="font-mono text-small">{plan.published}</span>
          )}
          {plan.draft !== null && <DraftBadge version={plan.draft} />}
          {plan.published === null && plan.draft === null && (
            <span className="text-fg3">None yet</span>
          )}
        </span>
      ),
    },
    {
      key: "mode",
      label: "Mode",
      from: "md",
      cell: ({ mode, published }) => (published === null ? null : <ModeOfPlan mode={mode} />),
    },
    {
      key: "initiative",
      label: "Owned by",
      from: "md",
      cell: ({ initiativeId }) => <span className="text-fg2">{initiative(initiativeId)}</span>,
    },
    {
      key: "passed",
      label: "As planned, 30 days",
      align: "right",
      from: "md",
      cell: (plan) => formatNumber(arrivalIn(plan, environment)?.passed ?? 0),
    },
    {
      key: "violations",
      label: "Broke it",
      align: "right",
      from: "sm",
      cell: (plan) => {
        const count = violationsOf(plan, environment);
        return (
          <span className={count > 0 ? "text-caution" : "text-fg3"}>{formatNumber(count)}</span>
        );
      },
    },
  ];
}
