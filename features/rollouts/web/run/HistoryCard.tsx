import type { AuditEntry } from "@paceline/audit/api";
import { auditEntryHref } from "@paceline/audit/web";
import {
  Button,
  Card,
  Loaded,
  RelativeTime,
  SkeletonRows,
  TextLink,
  formatCount,
  useMay,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { RolloutDocument, RolloutEvent } from "../../plan-api.ts";
import { entriesQuery, historyQuery } from "../plan-queries.ts";
import { historyWords } from "./history-words.ts";

const shownAtFirst = 12;

/** Everything that has moved it, newest first; each line leads to its audit entry where one exists. */
export function HistoryCard(props: { rollout: RolloutDocument }) {
  const { id } = props.rollout;
  const mayRead = useMay("audit.read");
  const history = useQuery(historyQuery(id));
  const entries = useQuery({ ...entriesQuery(id), enabled: mayRead });
  const [all, setAll] = useState(false);
  const found = [...(entries.data?.pending ?? []), ...(entries.data?.items ?? [])];
  const log = `/assurance/audit?${new URLSearchParams({ subjectKind: "rollout", subjectId: id }).toString()}`;
  return (
    <Card
      title="History"
      note="newest first"
      flush
      actions={mayRead && <TextLink to={log}>Audit log</TextLink>}
    >
      <Loaded query={history} skeleton={<SkeletonRows rows={4} />}>
        {({ items }) => {
          const lines = items.toReversed();
          const shown = all ? lines : lines.slice(0, shownAtFirst);
          return (
            <>
              <ol aria-label="History of the rollout">
                {shown.map((line) => (
                  <Line
                    key={line.seq}
                    line={line}
                    entry={found.find(({ at }) => Date.parse(at) === Date.parse(line.at))}
                  />
                ))}
              </ol>
              {shown.length < lines.length && (
                <div className="card-px py-2">
                  <Button small kind="quiet" onClick={() => setAll(true)}>
                    Show {formatCount(lines.length - shown.length, "earlier line")}
                  </Button>
                </div>
              )}
            </>
          );
        }}
      </Loaded>
    </Card>
  );
}

function Line(props: { line: RolloutEvent; entry: AuditEntry | undefined }) {
  const { line, entry } = props;
  const { title, reason } = historyWords(line);
  return (
    <li className="card-px flex flex-wrap items-baseline gap-x-4 gap-y-0.5 border-b border-line py-2 last:border-b-0">
      <span className="w-20 shrink-0 text-small text-fg3">
        <RelativeTime at={line.at} />
      </span>
      <div className="min-w-0 flex-1 basis-56">
        <p className="break-words">
          {title}
          {entry?.actor.name != null && <span className="text-fg2"> by {entry.actor.name}</span>}
        </p>
        {reason !== null && <p className="text-small break-words text-fg2">{reason}</p>}
      </div>
      {entry !== undefined && (
        <TextLink className="text-small" to={auditEntryHref(entry.id)}>
          Audit entry
        </TextLink>
      )}
    </li>
  );
}
