import { Loaded, Page, SkeletonRows, useLive, usePageParams } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Suspense, lazy } from "react";

import { experimentPage, experimentsPage } from "./pages.ts";
import { experimentQuery } from "./queries.ts";

// The set-up and the result share an address but not their code.
const ResultView = lazy(async () => ({
  default: (await import("./result/ResultView.tsx")).ResultView,
}));
const SetUpView = lazy(async () => ({
  default: (await import("./setup/SetUpView.tsx")).SetUpView,
}));

export function ExperimentPage() {
  const { experimentId } = usePageParams(experimentPage);
  const query = useQuery(experimentQuery(experimentId));
  useLive("experiments", ["experiments"]);
  useLive("monitor", ["monitor"]);
  useLive("rollbacks", ["rollbacks"]);
  const waiting = <SkeletonRows rows={10} />;
  const frame = (content: React.ReactNode) => (
    <Page title="Experiment" crumbs={[{ label: "Experiments", to: experimentsPage.href() }]}>
      {content}
    </Page>
  );
  if (query.data === undefined) {
    return frame(
      <Loaded query={query} skeleton={waiting}>
        {() => null}
      </Loaded>,
    );
  }
  const experiment = query.data;
  const before = experiment.state === "draft" || experiment.state === "locked";
  return (
    <Suspense fallback={frame(waiting)}>
      {before ? (
        <SetUpView key={experiment.id} experiment={experiment} />
      ) : (
        <ResultView key={experiment.id} experiment={experiment} />
      )}
    </Suspense>
  );
}
