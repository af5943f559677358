import { auditEntryHref } from "@paceline/audit/web";
import {
  Card,
  CodeBlock,
  EmptyState,
  Loaded,
  RelativeTime,
  SkeletonRows,
  TextLink,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { History } from "lucide-react";

import type { RollbackExecutionDocument } from "../api.ts";
import { effectWords, rollbackQuery } from "./queries.ts";
import { triggerWords } from "./words.ts";

/** Every rollback of a flag so far, with its reason, its numbers and how fast it was in force. */
export function Executions(props: { environment: string; flagKey: string }) {
  const query = useQuery(rollbackQuery(props.environment, props.flagKey));
  return (
    <Card title="Rollbacks so far" note="newest first" flush>
      <Loaded query={query} skeleton={<SkeletonRows rows={3} />}>
        {({ executions }) =>
          executions.length === 0 ? (
            <EmptyState icon={<History />} title="It has never been rolled back">
              Each one appears here with its reason, its numbers and the time until it took effect.
            </EmptyState>
          ) : (
            <ul>
              {executions.map((execution) => (
                <Execution key={execution.id} execution={execution} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Card>
  );
}

function hasNumbers(numbers: unknown): boolean {
  return typeof numbers === "object" && numbers !== null && Object.keys(numbers).length > 0;
}

function Execution(props: { execution: RollbackExecutionDocument }) {
  const { execution } = props;
  const { fromRevision, toRevision } = execution;
  return (
    <li className="card-px flex flex-col gap-1 border-b border-line py-3 last:border-b-0">
      <div className="flex flex-wrap items-baseline justify-between gap-x-4">
        <span className="font-medium">{triggerWords(execution.trigger)}</span>
        <span className="text-small text-fg3">
          <RelativeTime at={execution.startedAt} /> by {execution.actor}
        </span>
      </div>
      <p className="text-fg2">{execution.reason}</p>
      <p className="flex flex-wrap gap-x-4 text-small text-fg2">
        <span>
          {fromRevision === null ? "" : `Revision ${fromRevision} to `}
          {fromRevision === null ? `Revision ${toRevision}` : toRevision}
        </span>
        <span>In effect after {effectWords(execution)}</span>
        <TextLink to={auditEntryHref(execution.auditEntry)}>Audit entry</TextLink>
      </p>
      {hasNumbers(execution.numbers) && (
        <details className="mt-1">
          <summary className="w-fit rounded-badge text-small text-fg2 hover:text-fg">
            The numbers behind it
          </summary>
          <div className="mt-2">
            <CodeBlock label="Numbers" code={JSON.stringify(execution.numbers, null, 2)} />
          </div>
        </details>
      )}
    </li>
  );
}
