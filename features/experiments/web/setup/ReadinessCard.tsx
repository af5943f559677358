import type { FlagDetail } from "@paceline/flags/api";
import {
  Badge,
  Button,
  Card,
  CardRow,
  Loaded,
  SkeletonRows,
  TextLink,
  apiClient,
  useCommand,
  useLive,
  useMay,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";

import type { ExperimentDetail } from "../../api.ts";
import { newExperimentPage } from "../pages.ts";
import { readinessQuery } from "../queries.ts";
import { CheckIcon } from "../result/CheckIcon.tsx";

/** What must hold before anyone is exposed, each with its way out. */
export function ReadinessCard(props: { experiment: ExperimentDetail }) {
  const { experiment } = props;
  const query = useQuery(readinessQuery(experiment.id));
  useLive("flags", ["experiments", "readiness"]);
  useLive("initiatives", ["experiments", "readiness"]);
  const locked = experiment.state === "locked";
  const items = query.data?.items ?? [];
  const met = items.filter((item) => item.met).length + (locked ? 1 : 0);
  const all = items.length + 1;
  return (
    <Card
      title="Ready to start"
      flush
      actions={
        query.data !== undefined && (
          <Badge tone={met === all ? "positive" : "plain"}>
            {met} of {all}
          </Badge>
        )
      }
    >
      <Loaded query={query} skeleton={<SkeletonRows rows={4} />}>
        {(readiness) => (
          <>
            {readiness.items.map((item) => (
              <CardRow key={item.key} icon={<CheckIcon tone={item.met ? "positive" : "caution"} />}>
                <span className="font-medium">{item.title}</span>
                <span className="block text-small text-fg2">{item.detail}</span>
                {!item.met && (
                  <WayOut
                    item={item.key}
                    experiment={experiment}
                    undoable={readiness.items.some(
                      ({ key, met: holds }) => key === "rollback" && holds,
                    )}
                  />
                )}
              </CardRow>
            ))}
            <CardRow icon={<CheckIcon tone={locked ? "positive" : "caution"} />}>
              <span className="font-medium">Locked criterion</span>
              <span className="block text-small text-fg2">
                {locked
                  ? `Locked by ${experiment.lockedBy ?? "somebody"}; it never changes.`
                  : "Lock it when it says what you mean; it must stand before the first exposure."}
              </span>
            </CardRow>
          </>
        )}
      </Loaded>
    </Card>
  );
}

function WayOut(props: { item: string; experiment: ExperimentDetail; undoable: boolean }) {
  const { item, experiment, undoable } = props;
  const { flagKey, environment, initiativeId } = experiment;
  if (item === "flag") {
    return (
      <span className="mt-1.5 flex flex-wrap items-center gap-3">
        {undoable ? (
          <PublishRule experiment={experiment} />
        ) : (
          <span className="text-small text-fg2">First the way back.</span>
        )}
        <TextLink
          to={`/flags/${encodeURIComponent(flagKey)}?environment=${encodeURIComponent(environment)}`}
        >
          Open the flag
        </TextLink>
      </span>
    );
  }
  if (item === "rollback") {
    return (
      <a
        href="#way-back"
        className="mt-1 inline-block font-medium underline decoration-line-2 underline-offset-3"
      >
        Define it below
      </a>
    );
  }
  return initiativeId === null ? (
    <TextLink
      className="mt-1 inline-block"
      to={newExperimentPage.href({}, { flag: flagKey, environment })}
    >
      Draft it anew with an initiative
    </TextLink>
  ) : (
    <TextLink className="mt-1 inline-block" to={`/initiatives/${initiativeId}`}>
      Open the initiative
    </TextLink>
  );
}

/** Adds one rule that serves this run's split to what is in force, and publishes it. */
function PublishRule(props: { experiment: ExperimentDetail }) {
  const { id, name, flagKey, environment, criterion, state } = props.experiment;
  const may = useMay("flag.publish");
  const path = `/flags/${encodeURIComponent(flagKey)}`;
  const publish = useCommand({
    run: async () => {
      const flag = await apiClient.get<FlagDetail>(path);
      const place = flag.environments.find((one) => one.environment === environment);
      const before = place?.published?.content.configuration ?? place?.draft?.configuration;
      const [control = null] = Object.keys(criterion.design.allocation);
      await apiClient.put(`${path}/environments/${encodeURIComponent(environment)}`, {
        ...(before ?? { enabled: true, offVariant: control, defaultVariant: control }),
        enabled: true,
        rules: [
          ...(before?.rules ?? []),
          {
            id: `run-${id.slice(-8)}`,
            description: `Everyone takes part in ${name}.`,
            serve: {
              split: Object.entries(criterion.design.allocation).map(([variant, share]) => ({
                variant,
                share,
              })),
            },
            exposureShare: 1,
            recordExposure: true,
            experimentId: id,
          },
        ],
      });
      await apiClient.post(`${path}/environments/${encodeURIComponent(environment)}/publish`, {});
    },
    refresh: [["flags"], ["experiments"]],
    done: "Rule published",
  });
  // Publishing exposes at once, so the criterion has to stand first.
  if (!may || state !== "locked") return null;
  return (
    <Button small busy={publish.isPending} onClick={() => publish.mutate(undefined)}>
      Publish a rule for this run
    </Button>
  );
}
