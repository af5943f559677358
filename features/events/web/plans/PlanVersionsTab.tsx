import {
  AbsoluteTime,
  Badge,
  Button,
  Card,
  CodeBlock,
  ConfirmDialog,
  EmptyState,
  apiClient,
  useCommand,
  useMay,
} from "@paceline/web-kit";
import { History } from "lucide-react";
import { useState } from "react";

import type { ChangeView, PlanDetail, PlanVersionView } from "../../plan-api.ts";
import { ChangeBadge, DraftBadge, ModeOfPlan } from "./PlanBadges.tsx";

/** Differences between two versions, the gravest first. */
export function ChangeList(props: { changes: readonly ChangeView[] }) {
  if (props.changes.length === 0) {
    return <p className="text-fg2">No difference in what events it takes.</p>;
  }
  return (
    <ul className="flex flex-col gap-2">
      {props.changes.map((change) => (
        <li
          key={`${change.pointer} ${change.reason}`}
          className="flex flex-wrap items-baseline gap-x-3 gap-y-1"
        >
          <ChangeBadge level={change.level} />
          <span className="min-w-0 break-words font-mono text-small">{change.pointer || "/"}</span>
          <span className="text-fg2">{change.reason}</span>
        </li>
      ))}
    </ul>
  );
}

/** Every version of a plan with what it changed, the newest first. */
export function PlanVersionsTab(props: { plan: PlanDetail }) {
  const { versions } = props.plan;
  if (versions.length === 0)
    return (
      <Card>
        <EmptyState icon={<History />} title="Versions appear here with what each changed">
          Write the schema to make the first.
        </EmptyState>
      </Card>
    );
  return (
    <div className="flex flex-col gap-5">
      {versions.map((version, place) => (
        <VersionCard
          key={version.version}
          plan={props.plan}
          version={version}
          first={place === versions.length - 1}
        />
      ))}
    </div>
  );
}

function VersionCard(props: { plan: PlanDetail; version: PlanVersionView; first: boolean }) {
  const { plan, version, first } = props;
  const { state, publishedAt, retiredAt } = version;
  return (
    <Card
      title={
        <span className="flex flex-wrap items-center gap-2">
          <span className="font-mono">{version.version}</span>
          {state === "draft" && <DraftBadge version="" />}
          {state === "published" && <Badge tone="positive">In force</Badge>}
          {state === "retired" && <Badge>Retired</Badge>}
          <ModeOfPlan mode={version.mode} />
        </span>
      }
      note={
        publishedAt === null ? (
          <>
            written <AbsoluteTime at={version.createdAt} />
          </>
        ) : (
          <>
            published <AbsoluteTime at={publishedAt} />
            {retiredAt !== null && (
              <>
                , retired <AbsoluteTime at={retiredAt} />
              </>
            )}
          </>
        )
      }
      actions={<RetireButton plan={plan} version={version} />}
    >
      <div className="flex flex-col gap-4">
        {first ? (
          <p className="text-fg2">The first version.</p>
        ) : (
          <ChangeList changes={version.changes} />
        )}
        <details>
          <summary className="cursor-pointer text-fg2">Schema of {version.version}</summary>
          <div className="pt-3">
            <CodeBlock
              label={`Schema of version ${version.version}`}
              language="json"
              code={JSON.stringify(version.schema, null, 2)}
            />
          </div>
        </details>
      </div>
    </Card>
  );
}

/** Takes a version out of force, or drops a draft. */
function RetireButton(props: { plan: PlanDetail; version: PlanVersionView }) {
  const { plan, version } = props;
  const [asking, setAsking] = useState(false);
  const mayPublish = useMay("plan.publish");
  const isDraft = version.state === "draft";
  const retire = useCommand({
    run: () =>
      apiClient.post<PlanDetail>(
        `/telemetry-plans/${encodeURIComponent(plan.name)}/versions/${version.version}/retire`,
        undefined,
        { ifMatch: plan.etag },
      ),
    refresh: [["plans"]],
    done: isDraft ? "Draft dropped" : `${version.version} is retired`,
    inline: true,
    onDone: () => setAsking(false),
  });
  if (!mayPublish || version.state === "retired") return null;
  return (
    <>
      <Button small onClick={() => setAsking(true)}>
        {isDraft ? "Drop" : "Retire"}
      </Button>
      <ConfirmDialog
        open={asking}
        onOpenChange={setAsking}
        title={isDraft ? `Drop the draft ${version.version}` : `Retire ${version.version}`}
        description={
          isDraft
            ? "Its text is lost. What is in force stays."
            : "Events are no longer held to it. A draft of the same schema can be published again."
        }
        act={isDraft ? "Drop" : "Retire"}
        danger
        busy={retire.isPending}
        error={retire.isError ? retire.error : undefined}
        onConfirm={() => retire.mutate(undefined)}
      />
    </>
  );
}
