import { auditEntryHref } from "@paceline/audit/web";
import {
  AbsoluteTime,
  Button,
  Card,
  EmptyState,
  Hash,
  KeyValues,
  Table,
  TextLink,
  VerdictBadge,
  apiClient,
  formatNumber,
  formatPercent,
  useCommand,
  useMay,
} from "@paceline/web-kit";
import type { Column } from "@paceline/web-kit";
import { Eye } from "lucide-react";

import type { ExperimentDetail, LookDocument } from "../../api.ts";
import { CriterionSummary } from "../CriterionSummary.tsx";
import { unitsOf } from "../evidence.ts";

const columns: readonly Column<LookDocument>[] = [
  {
    key: "look",
    label: "Look",
    cell: ({ look, kind }) => (
      <>
        <span className="font-medium">{look}</span>
        {kind === "requested" && <span className="text-small text-fg3"> asked for</span>}
      </>
    ),
  },
  {
    key: "asOf",
    label: "Data as of",
    cell: ({ asOf }) => <AbsoluteTime at={asOf} />,
  },
  {
    key: "units",
    label: "Units",
    align: "right",
    cell: ({ analysis }) => formatNumber(unitsOf(analysis)),
  },
  {
    key: "fraction",
    label: "Information",
    align: "right",
    from: "md",
    cell: ({ analysis }) => formatPercent(analysis.informationFraction, 0),
  },
  {
    key: "alpha",
    label: "Error spent",
    align: "right",
    from: "md",
    cell: ({ analysis }) => analysis.alphaSpent.toFixed(4),
  },
  {
    key: "z",
    label: "Bar (z)",
    align: "right",
    from: "md",
    cell: ({ analysis }) => (analysis.z === null ? "open" : analysis.z.toFixed(2)),
  },
  {
    key: "verdict",
    label: "Verdict",
    cell: ({ analysis }) => <VerdictBadge verdict={analysis.verdict} />,
  },
  {
    key: "audit",
    label: "Audit entry",
    align: "right",
    cell: ({ auditEntry, look }) => (
      <TextLink to={auditEntryHref(auditEntry)}>
        Entry<span className="sr-only"> of look {look}</span>
      </TextLink>
    ),
  },
];

/** What happened to the run: the lock, every look with its audit entry. */
export function ActivityTab(props: { experiment: ExperimentDetail }) {
  const { experiment } = props;
  const { lockedAt, lockedBy, lockEntry, criterionDigest, startedAt, looks } = experiment;
  return (
    <div className="flex flex-col gap-5">
      <Card title="Lock">
        <KeyValues
          items={[
            {
              key: "Locked",
              value:
                lockedAt === null ? (
                  "not locked"
                ) : (
                  <span>
                    by {lockedBy}, <AbsoluteTime at={lockedAt} />{" "}
                    {lockEntry !== null && (
                      <TextLink to={auditEntryHref(lockEntry)}>Audit entry</TextLink>
                    )}
                  </span>
                ),
            },
            ...(criterionDigest === null
              ? []
              : [{ key: "SHA-256", value: <Hash value={criterionDigest} /> }]),
            ...(startedAt === null
              ? []
              : [{ key: "Started", value: <AbsoluteTime at={startedAt} /> }]),
          ]}
        />
      </Card>
      <CriterionSummary experiment={experiment} />
      <Card
        title="Looks"
        note="newest first; only a look may ship"
        flush
        actions={experiment.state === "running" && <LookNow id={experiment.id} />}
      >
        <Table
          label="Looks"
          stickyHead={false}
          rows={looks.toReversed()}
          rowKey={({ look }) => String(look)}
          columns={columns}
          empty={
            <EmptyState icon={<Eye />} title="Looks appear here, one a day">
              Each spends a part of the allowed error, and is written to the audit log.
            </EmptyState>
          }
        />
      </Card>
    </div>
  );
}

function LookNow(props: { id: string }) {
  const may = useMay("experiment.start");
  const look = useCommand({
    run: () => apiClient.post<LookDocument>(`/experiments/${props.id}/looks`),
    refresh: [["experiments"]],
    done: ({ look: number }) => `Look ${number} taken`,
  });
  if (!may) return null;
  return (
    <Button
      small
      busy={look.isPending}
      title="Spends a part of the allowed error now"
      onClick={() => look.mutate(undefined)}
    >
      Take a look now
    </Button>
  );
}
