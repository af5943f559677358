import type { AuditEntry } from "@paceline/audit/api";
import type { ExperimentSummary, MonitorState } from "@paceline/experiments/api";
import {
  AppLink,
  Badge,
  Card,
  PersonDisc,
  RelativeTime,
  SkeletonRows,
  StateBadge,
  VerdictBadge,
} from "@paceline/web-kit";
import type { PersonKind } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Undo2 } from "lucide-react";

import { auditTailQuery, rollbacksQuery } from "./queries.ts";

/** What runs now: its state, its last verdict, and what the monitor last found. */
export function RunningCard(props: {
  experiments: readonly ExperimentSummary[];
  findings: readonly MonitorState[];
}) {
  const { experiments, findings } = props;
  return (
    <Card title="Running experiments" note={String(experiments.length)} flush>
      {experiments.length === 0 && (
        <p className="card-p text-fg2">
          None. An experiment shows here from its start until its verdict.
        </p>
      )}
      <ul>
        {experiments.map((experiment) => {
          const finding = findings.find(({ experimentId }) => experimentId === experiment.id);
          return (
            <li
              key={experiment.id}
              className="card-px relative border-b border-line py-2.5 last:border-b-0 hover:bg-hover"
            >
              <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
                <AppLink
                  to={`/experiments/${encodeURIComponent(experiment.id)}`}
                  className="font-medium after:absolute after:inset-0 after:content-['']"
                >
                  {experiment.name}
                </AppLink>
                <span className="text-small text-fg3">{experiment.environment}</span>
                <span className="ml-auto flex items-center gap-1.5">
                  {experiment.verdict !== null && experiment.verdict !== "continue" && (
                    <VerdictBadge verdict={experiment.verdict} />
                  )}
                  <StateBadge state={experiment.state} />
                </span>
              </div>
              <p className="text-fg2">{runWords(experiment, finding)}</p>
              <p className="text-small text-fg3">
                {experiment.startedAt !== null && (
                  <>
                    Started <RelativeTime at={experiment.startedAt} />
                  </>
                )}
                {experiment.endsAt !== null && (
                  <>
                    , timebox ends <RelativeTime at={experiment.endsAt} />
                  </>
                )}
                {finding?.readAt != null && (
                  <>
                    , read <RelativeTime at={finding.readAt} />
                  </>
                )}
              </p>
            </li>
          );
        })}
      </ul>
    </Card>
  );
}

function runWords(experiment: ExperimentSummary, finding: MonitorState | undefined): string {
  if (finding !== undefined && finding.action !== "none") return finding.reason;
  return experiment.reason ?? finding?.reason ?? "Collecting data; nothing has been read yet.";
}

type Rollback = { readonly key: string; readonly environment: string; readonly reason: string };

/** The facts of a rollback entry, as far as they are there. */
function rollbackOf(detail: unknown): Rollback {
  const fact = (name: string) => {
    const value: unknown =
      typeof detail === "object" && detail !== null ? Reflect.get(detail, name) : undefined;
    return typeof value === "string" ? value : "";
  };
  return { key: fact("key"), environment: fact("environment"), reason: fact("reason") };
}

/** The newest rollbacks, as the audit log holds them. */
export function RollbacksCard() {
  const query = useQuery(rollbacksQuery);
  const entries = [...(query.data?.pending ?? []), ...(query.data?.items ?? [])].filter(
    ({ action }) => action === "rollback.execute",
  );
  return (
    <Card title="Recent rollbacks" flush>
      {query.isPending && <SkeletonRows rows={2} />}
      {query.isError && (
        <p className="card-p text-fg2">The audit log could not be read just now.</p>
      )}
      {query.isSuccess && entries.length === 0 && (
        <p className="card-p text-fg2">None. A rollback shows here with its reason.</p>
      )}
      <ul>
        {entries.map((entry) => {
          const { key, environment, reason } = rollbackOf(entry.detail);
          return (
            <li key={entry.id} className="card-px border-b border-line py-2.5 last:border-b-0">
              <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
                <Badge tone="negative" icon={<Undo2 aria-hidden />}>
                  Rolled back
                </Badge>
                <span className="ml-auto text-small text-fg3">
                  <RelativeTime at={entry.at} />
                </span>
              </div>
              <p className="mt-1 break-words">
                <AppLink
                  to={`/flags/${encodeURIComponent(key)}`}
                  className="font-mono text-small underline underline-offset-3"
                >
                  {key}
                </AppLink>{" "}
                <span className="text-small text-fg3">{environment}</span>
              </p>
              <p className="break-words text-fg2">{reason}</p>
            </li>
          );
        })}
      </ul>
    </Card>
  );
}

function kindOf(entry: AuditEntry): PersonKind {
  const { kind } = entry.actor;
  return kind === "key" || kind === "service" ? kind : "person";
}

/** The tail of the audit log. */
export function AuditTailCard() {
  const query = useQuery(auditTailQuery);
  const entries = [...(query.data?.pending ?? []), ...(query.data?.items ?? [])].slice(0, 8);
  return (
    <Card title="Latest in the audit log" flush>
      {query.isPending && <SkeletonRows rows={5} />}
      {query.isError && (
        <p className="card-p text-fg2">The audit log could not be read just now.</p>
      )}
      <ol>
        {entries.map((entry) => {
          const name = entry.actor.name ?? entry.actor.id;
          return (
            <li
              key={entry.id}
              className="card-px flex min-h-(--row-height) items-center gap-2 border-b border-line py-1.5 last:border-b-0"
            >
              <PersonDisc name={name} kind={kindOf(entry)} />
              <div className="min-w-0 flex-1">
                <p className="truncate">
                  <code className="font-mono text-small">{entry.action}</code>
                </p>
                <p className="truncate text-small text-fg3">{name}</p>
              </div>
              <span className="shrink-0 text-right text-small text-fg3">
                <RelativeTime at={entry.at} />
              </span>
            </li>
          );
        })}
      </ol>
    </Card>
  );
}
