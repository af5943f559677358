import {
  AbsoluteTime,
  Badge,
  Button,
  Card,
  Columns,
  EmptyState,
  Hash,
  Loaded,
  SkeletonRows,
  Table,
} from "@paceline/web-kit";
import type { Column } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { History } from "lucide-react";

import type { PublicationView } from "../api.ts";
import { Differences } from "./Differences.tsx";
import { flagPage } from "./pages.ts";
import type { FlagPlace } from "./place.ts";
import { membersQuery, revisionQuery, revisionsQuery } from "./queries.ts";
import { configurationWords } from "./words.ts";

const actions = {
  publish: "Published",
  exposure: "Exposure moved",
  revert: "Gone back",
  archive: "Archived",
} as const satisfies Record<PublicationView["action"], string>;

/** Every revision of an environment, and how each differs from the one before. */
export function HistoryTab(props: {
  at: FlagPlace;
  revision: string | undefined;
  onRevision: (revision: string | undefined) => void;
}) {
  const { at, revision, onRevision } = props;
  const { flag, environment } = at;
  const query = useQuery(revisionsQuery(flag.key, environment));
  const members = useQuery(membersQuery);
  const shown = revision ?? query.data?.items[0]?.revision.toString();
  const nameOf = (id: string) =>
    members.data?.items.find((one) => one.id === id)?.name ?? "A key or service";
  return (
    <Columns
      aside={
        shown !== undefined && (
          <Changes at={at} revision={shown} onClose={() => onRevision(undefined)} />
        )
      }
    >
      <Card title="Revisions" note={`${environment}, newest first; numbers have no gaps`} flush>
        <Loaded query={query} skeleton={<SkeletonRows />}>
          {({ items }) => (
            <Table
              label="Revisions"
              stickyHead={false}
              rows={items}
              rowKey={(row) => String(row.revision)}
              rowTo={(row) =>
                flagPage.href(
                  { flagKey: flag.key },
                  { tab: "history", environment, revision: String(row.revision) },
                )
              }
              selectedKey={shown}
              columns={columnsWith(nameOf)}
              empty={
                <EmptyState
                  icon={<History />}
                  title={`Nothing was ever published in ${environment}`}
                >
                  Each revision stays here, so that any of them can be put in force again.
                </EmptyState>
              }
            />
          )}
        </Loaded>
      </Card>
    </Columns>
  );
}

function columnsWith(nameOf: (id: string) => string): readonly Column<PublicationView>[] {
  return [
    { key: "revision", label: "Revision", cell: ({ revision }) => `Revision ${revision}` },
    {
      key: "action",
      label: "What",
      cell: ({ action }) => (
        <Badge tone={action === "revert" ? "caution" : "plain"}>{actions[action]}</Badge>
      ),
    },
    {
      key: "by",
      label: "By",
      from: "sm",
      cell: ({ publishedBy }) => nameOf(publishedBy),
    },
    {
      key: "at",
      label: "When",
      align: "right",
      cell: ({ publishedAt }) => (
        <span className="text-fg2">
          <AbsoluteTime at={publishedAt} />
        </span>
      ),
    },
  ];
}

function Changes(props: { at: FlagPlace; revision: string; onClose: () => void }) {
  const { flag, environment } = props.at;
  const query = useQuery(revisionQuery(flag.key, environment, props.revision));
  return (
    <Card
      title={`Revision ${props.revision}`}
      note={
        query.data?.against == null ? "the first one" : `against revision ${query.data.against}`
      }
      actions={
        <Button small kind="quiet" onClick={props.onClose}>
          Newest
        </Button>
      }
    >
      <Loaded query={query} skeleton={<SkeletonRows rows={4} />}>
        {({ differences, digest, against, content }) => (
          <div className="flex flex-col gap-4">
            {against === null ? (
              <p>{configurationWords(content?.configuration)}</p>
            ) : differences.length === 0 ? (
              <p className="text-fg2">Nothing differs from the revision before.</p>
            ) : (
              <Differences differences={differences} />
            )}
            {digest !== null && (
              <p className="text-small text-fg3">
                SHA-256 <Hash value={digest} />
              </p>
            )}
          </div>
        )}
      </Loaded>
    </Card>
  );
}
