import {
  AbsoluteTime,
  Badge,
  Button,
  Card,
  Columns,
  EmptyState,
  ErrorState,
  SkeletonRows,
  StaleNote,
  Table,
} from "@paceline/web-kit";
import type { Column } from "@paceline/web-kit";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { History } from "lucide-react";

import type { PublicationView } from "../../api.ts";
import { flagPage } from "../pages.ts";
import type { FlagPlace } from "../place.ts";
import { membersQuery, revisionsQuery } from "../queries.ts";
import { RevisionCard } from "./RevisionCard.tsx";

export const actionWords = {
  publish: "Published",
  exposure: "Exposure moved",
  revert: "Gone back",
  archive: "Archived",
  holdout: "Holdout changed",
} as const satisfies Record<PublicationView["action"], string>;

export type RevisionChoice = {
  readonly revision?: string | undefined;
  readonly against?: string | undefined;
};

/** Every revision of an environment, and how any two of them differ. */
export function HistoryTab(props: {
  at: FlagPlace;
  choice: RevisionChoice;
  onChoice: (choice: RevisionChoice) => void;
}) {
  const { at, choice, onChoice } = props;
  const { flag, environment } = at;
  const query = useInfiniteQuery(revisionsQuery(flag.key, environment));
  const members = useQuery(membersQuery);
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];
  const shown = choice.revision ?? items[0]?.revision.toString();
  const nameOf = (id: string) =>
    members.data?.items.find((one) => one.id === id)?.name ?? byWords(id);
  if (query.data === undefined) {
    return query.isError ? (
      <ErrorState error={query.error} onRetry={() => void query.refetch()} />
    ) : (
      <SkeletonRows />
    );
  }
  return (
    <Columns
      aside={
        shown !== undefined && (
          <RevisionCard
            key={shown}
            at={at}
            revision={shown}
            against={choice.against}
            others={items}
            onAgainst={(against) => onChoice({ revision: shown, against })}
          />
        )
      }
    >
      {query.isError && (
        <StaleNote since={query.dataUpdatedAt} onRetry={() => void query.refetch()} />
      )}
      <Card
        title="Revisions"
        note={`${environment}, newest first; never changed once written`}
        flush
      >
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
          columns={columnsWith(nameOf, inForce(at))}
          empty={
            <EmptyState icon={<History />} title={`Nothing was ever published in ${environment}`}>
              Each revision stays here, so that any of them can be put in force again.
            </EmptyState>
          }
        />
      </Card>
      {query.hasNextPage && (
        <div>
          <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Show older
          </Button>
        </div>
      )}
    </Columns>
  );
}

/** Keys and services have ids that are no member's. */
function byWords(id: string): string {
  return /^[0-9a-f-]{36}$/u.test(id) ? "A key" : `Service ${id}`;
}

function inForce({ place }: FlagPlace): number | undefined {
  return place?.published?.revision;
}

function columnsWith(
  nameOf: (id: string) => string,
  current: number | undefined,
): readonly Column<PublicationView>[] {
  return [
    {
      key: "revision",
      label: "Revision",
      cell: ({ revision }) => (
        <span className="flex items-center gap-2 tabular-nums">
          Revision {revision}
          {revision === current && <Badge tone="positive">In force</Badge>}
        </span>
      ),
    },
    {
      key: "action",
      label: "What",
      cell: ({ action }) => (
        <Badge tone={action === "revert" ? "caution" : "plain"}>{actionWords[action]}</Badge>
      ),
    },
    { key: "by", label: "By", from: "sm", cell: ({ publishedBy }) => nameOf(publishedBy) },
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
