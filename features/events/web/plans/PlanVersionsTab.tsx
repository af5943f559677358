import { AbsoluteTime, Badge, Card, CodeBlock, EmptyState } from "@paceline/web-kit";
import { History } from "lucide-react";

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
          version={version}
          first={place === versions.length - 1}
        />
      ))}
    </div>
  );
}

function VersionCard(props: { version: PlanVersionView; first: boolean }) {
  const { version, first } = props;
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
