import {
  Button,
  Card,
  EmptyState,
  ErrorState,
  LinkButton,
  Page,
  PageHeader,
  SkeletonRows,
  StaleNote,
  Table,
  TextLink,
  formatCount,
  useLive,
  useMay,
  usePageSearch,
} from "@paceline/web-kit";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Flag, Plus } from "lucide-react";
import { Suspense, lazy, useState } from "react";

import type { StaleFlagView } from "../stale-api.ts";
import { listColumns } from "./list/columns.tsx";
import { ListFilters, isFiltered } from "./list/ListFilters.tsx";
import { SelectionBar } from "./list/SelectionBar.tsx";
import { flagPage, flagsPage, layersPage } from "./pages.ts";
import { flagListQuery, membersQuery, staleQuery } from "./queries.ts";

const CreateFlagDialog = lazy(async () => ({
  default: (await import("./CreateFlagDialog.tsx")).CreateFlagDialog,
}));

/** What needs clean-up comes first in words; the table is in the order that was chosen. */
function answerOf(shown: number, more: boolean, stale: number | undefined): string {
  const flags = more ? `The first ${shown} flags` : formatCount(shown, "flag");
  if (stale === undefined) return `${flags}.`;
  if (stale === 0) return `${flags}; none of all is stale.`;
  return `${flags}; ${formatCount(stale, "flag")} in all ${stale === 1 ? "is" : "are"} stale and can be cleaned up.`;
}

/** What is not in the list, since no person asked for it. */
function hiddenWords(hidden: number): string {
  return hidden === 0
    ? ""
    : ` ${hidden} of the product’s own, for rehearsals, holdouts and parity, ${hidden === 1 ? "is" : "are"} not shown.`;
}

export function FlagsPage() {
  const [search, update] = usePageSearch(flagsPage);
  const query = useInfiniteQuery(flagListQuery(search));
  const members = useQuery(membersQuery);
  const stale = useQuery(staleQuery);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  useLive("flags", ["flags"]);
  const mayEdit = useMay("flag.edit");
  const maySelect = useMay("flag.publish");
  const create = mayEdit && (
    <Button
      kind="primary"
      icon={<Plus aria-hidden />}
      onClick={() => update({ new: true }, "push")}
    >
      Create flag
    </Button>
  );
  const staleOf = new Map((stale.data?.items ?? []).map((one) => [one.key, one]));
  const loaded = query.data?.pages.flatMap(({ items }) => items) ?? [];
  const items = search.stale ? loaded.filter(({ key }) => staleOf.has(key)) : loaded;
  const nameOf = (id: string | null) =>
    id === null ? null : (members.data?.items.find((member) => member.id === id)?.name ?? null);
  const columns = listColumns({
    nameOf,
    staleOf: (key) => staleOf.get(key),
    maySelect,
    isSelected: (key) => selected.has(key),
    onSelect: (key, on) => setSelected(withKey(selected, key, on)),
  });
  return (
    <Page title="Flags" actions={create}>
      <PageHeader
        title="Flags"
        actions={<LinkButton to={layersPage.href()}>Layers and holdouts</LinkButton>}
      >
        {query.data === undefined
          ? "What decides who sees what."
          : `${answerOf(items.length, query.hasNextPage, stale.data?.items.length)}${hiddenWords(query.data.pages[0]?.hidden ?? 0)}`}
      </PageHeader>
      <ListFilters
        search={search}
        update={update}
        flags={items}
        nameOf={nameOf}
        staleOf={staleOf}
      />
      {selected.size > 0 && (
        <SelectionBar
          keys={[...selected].toSorted()}
          others={items.map(({ key }) => key).filter((key) => !selected.has(key))}
          onAll={() => setSelected(new Set([...selected, ...items.map(({ key }) => key)]))}
          onDone={() => setSelected(new Set())}
        />
      )}
      <Card flush>
        {query.isError && query.data !== undefined && (
          <StaleNote since={query.dataUpdatedAt} onRetry={() => void query.refetch()} />
        )}
        {query.data === undefined ? (
          query.isError ? (
            <ErrorState error={query.error} onRetry={() => void query.refetch()} />
          ) : (
            <SkeletonRows rows={8} />
          )
        ) : (
          <Table
            label="Flags"
            rows={items}
            rowKey={({ key }) => key}
            rowTo={({ key }) => flagPage.href({ flagKey: key })}
            sort={search.sort}
            onSort={(sort) => update({ sort: sortOf(sort) })}
            columns={columns}
            empty={
              isFiltered(search) ? (
                <NothingFits stale={stale.data?.items} />
              ) : (
                <First create={create} />
              )
            }
          />
        )}
      </Card>
      {query.hasNextPage && (
        <div className="mt-4 flex justify-center">
          <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
      {search.new && mayEdit && (
        <Suspense>
          <CreateFlagDialog onClose={() => update({ new: false })} />
        </Suspense>
      )}
    </Page>
  );
}

function withKey(keys: ReadonlySet<string>, key: string, on: boolean): ReadonlySet<string> {
  const next = new Set(keys);
  if (on) next.add(key);
  else next.delete(key);
  return next;
}

const sorts = ["key", "-key", "created", "-created"] as const;

function sortOf(text: string): (typeof sorts)[number] {
  return sorts.find((sort) => sort === text) ?? "key";
}

function NothingFits(props: { stale: readonly StaleFlagView[] | undefined }) {
  return (
    <EmptyState
      icon={<Flag />}
      title="No flag fits these filters"
      link={<TextLink to={flagsPage.href()}>Show all</TextLink>}
    >
      {props.stale?.length === 0
        ? "None is stale either: each is asked for and still decides."
        : ""}
    </EmptyState>
  );
}

function First(props: { create: React.ReactNode }) {
  return (
    <EmptyState icon={<Flag />} title="Your flags appear here" action={props.create}>
      A flag shows a change to some, and takes it back from all in a second.
    </EmptyState>
  );
}
