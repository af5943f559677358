import { auditEntryHref } from "@paceline/audit/web";
import {
  Badge,
  Button,
  Card,
  EmptyState,
  ErrorState,
  Loaded,
  RelativeTime,
  SkeletonRows,
  TextLink,
  apiClient,
  formatNumber,
  useCommand,
  useLive,
  useMay,
} from "@paceline/web-kit";
import type { Tone } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Dumbbell } from "lucide-react";

import type { RehearsalDocument } from "../api.ts";
import type { RehearsalVerdict } from "../domain/rehearsal.ts";
import { rehearsalsPath, rehearsalsQuery } from "./plan-queries.ts";

const verdicts = {
  passed: { word: "Passed", tone: "positive" },
  deviated: { word: "Deviated", tone: "caution" },
  "failed-to-restore": { word: "Failed to restore", tone: "negative" },
} as const satisfies Record<RehearsalVerdict, { readonly word: string; readonly tone: Tone }>;

/** When the way back was tried on a shadow flag, and what that took; it can be tried now. */
export function Rehearsals(props: { environment: string; flagKey: string }) {
  const { environment, flagKey } = props;
  const query = useQuery(rehearsalsQuery(environment, flagKey));
  useLive("rollbacks", ["rollbacks"]);
  const may = useMay("rollout.edit");
  const rehearse = useCommand({
    run: () => apiClient.post<RehearsalDocument>(rehearsalsPath(environment, flagKey)),
    refresh: [["rollbacks"]],
    inline: true,
    done: ({ verdict }) => `Rehearsed: ${verdicts[verdict].word.toLowerCase()}`,
  });
  const now = may && (
    <Button small busy={rehearse.isPending} onClick={() => rehearse.mutate(undefined)}>
      Rehearse now
    </Button>
  );
  return (
    <Card
      title="Rehearsals of the way back"
      note="on a shadow flag; nobody sees it"
      flush
      actions={now}
    >
      {rehearse.isError && (
        <div className="card-p pb-0">
          <ErrorState inline error={rehearse.error} />
        </div>
      )}
      <Loaded query={query} skeleton={<SkeletonRows rows={3} />}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState icon={<Dumbbell />} title="The way back was never rehearsed">
              A rehearsal takes a shadow flag back with the clients that are connected, and measures
              how long that takes.
            </EmptyState>
          ) : (
            <ul>
              {items.map((rehearsal) => (
                <One key={rehearsal.id} rehearsal={rehearsal} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Card>
  );
}

function One(props: { rehearsal: RehearsalDocument }) {
  const { verdict, reason, measure, startedAt, auditEntry } = props.rehearsal;
  const { word, tone } = verdicts[verdict];
  return (
    <li className="card-px flex flex-col gap-1 border-b border-line py-3 last:border-b-0">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
        <Badge tone={tone}>{word}</Badge>
        <span className="text-small text-fg3">
          <RelativeTime at={startedAt} />
        </span>
      </div>
      <p className="break-words">{reason}</p>
      <p className="flex flex-wrap gap-x-4 text-small text-fg2 tabular-nums">
        <span>
          {formatNumber(measure.restored)} of {formatNumber(measure.probed)} units restored
        </span>
        <span>
          {formatNumber(measure.acknowledged)} of {formatNumber(measure.clients)} clients
        </span>
        <TextLink to={auditEntryHref(auditEntry)}>Audit entry</TextLink>
      </p>
    </li>
  );
}
