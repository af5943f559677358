import {
  Badge,
  Button,
  Card,
  Checkbox,
  EmptyState,
  Loaded,
  Page,
  PageHeader,
  RelativeTime,
  Select,
  SkeletonRows,
  Table,
  TextField,
  TextLink,
  formatCount,
  useLive,
  useMay,
  usePageSearch,
} from "@paceline/web-kit";
import type { Column } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Flag, Plus, Search } from "lucide-react";
import { Suspense, lazy } from "react";

import type { FlagSummary } from "../api.ts";
import { flagPage, flagsPage } from "./pages.ts";
import { environmentsQuery, flagsQuery, membersQuery } from "./queries.ts";

const CreateFlagDialog = lazy(async () => ({
  default: (await import("./CreateFlagDialog.tsx")).CreateFlagDialog,
}));

const kinds = [
  { value: "any", label: "All kinds" },
  { value: "release", label: "Release" },
  { value: "experiment", label: "Experiment" },
  { value: "kill-switch", label: "Kill switch" },
  { value: "permission", label: "Permission" },
  { value: "configuration", label: "Configuration" },
] as const;

export function FlagsPage() {
  const [search, update] = usePageSearch(flagsPage);
  const query = useQuery(flagsQuery(search));
  const environments = useQuery(environmentsQuery);
  const members = useQuery(membersQuery);
  useLive("flags", ["flags"]);
  const mayEdit = useMay("flag.edit");
  const create = mayEdit && (
    <Button
      kind="primary"
      icon={<Plus aria-hidden />}
      onClick={() => update({ new: true }, "push")}
    >
      Create flag
    </Button>
  );
  const filtered =
    search.text !== "" || search.kind !== "any" || search.environment !== "" || search.archived;
  const nameOf = (id: string | null) =>
    id === null ? null : (members.data?.items.find((member) => member.id === id)?.name ?? null);
  return (
    <Page title="Flags" actions={create}>
      <PageHeader title="Flags">
        {query.data === undefined
          ? "What decides who sees what."
          : `${formatCount(query.data.items.length, "flag")}${filtered ? " fit these filters" : ""}, ${query.data.items.filter(({ published }) => published.length > 0).length} in force.`}
      </PageHeader>
      <div className="mb-4 flex flex-wrap items-center gap-3">
        <div className="w-56">
          <TextField
            label="Search by key or description"
            hideLabel
            type="search"
            placeholder="Key or description"
            before={<Search />}
            value={search.text}
            onChange={(text) => update({ text })}
          />
        </div>
        <div className="w-40">
          <Select
            label="Kind"
            hideLabel
            options={kinds}
            value={search.kind}
            onChange={(kind) => update({ kind })}
          />
        </div>
        <div className="w-48">
          <Select
            label="In force in"
            hideLabel
            options={[
              { value: "", label: "In force anywhere or not" },
              ...(environments.data?.items ?? []).map(({ key, name }) => ({
                value: key,
                label: `In force in ${name}`,
              })),
            ]}
            value={search.environment}
            onChange={(environment) => update({ environment })}
          />
        </div>
        <Checkbox
          label="Archived"
          checked={search.archived}
          onChange={(archived) => update({ archived })}
        />
      </div>
      <Card flush>
        <Loaded query={query} skeleton={<SkeletonRows />}>
          {({ items }) => (
            <Table
              label="Flags"
              rows={items}
              rowKey={({ key }) => key}
              rowTo={({ key }) => flagPage.href({ flagKey: key })}
              columns={columnsWith(nameOf)}
              empty={
                filtered ? (
                  <EmptyState
                    icon={<Flag />}
                    title="No flag fits these filters"
                    link={<TextLink to={flagsPage.href()}>Show all</TextLink>}
                  />
                ) : (
                  <EmptyState icon={<Flag />} title="Your flags appear here" action={create}>
                    A flag shows a change to some, and takes it back from all in a second.
                  </EmptyState>
                )
              }
            />
          )}
        </Loaded>
      </Card>
      {search.new && mayEdit && (
        <Suspense>
          <CreateFlagDialog onClose={() => update({ new: false })} />
        </Suspense>
      )}
    </Page>
  );
}

function columnsWith(nameOf: (id: string | null) => string | null): readonly Column<FlagSummary>[] {
  return [
    {
      key: "key",
      label: "Key",
      cell: ({ key }) => <code className="font-mono text-small">{key}</code>,
    },
    {
      key: "description",
      label: "Description",
      from: "lg",
      cell: ({ description }) => <span className="text-fg2">{description}</span>,
    },
    {
      key: "kind",
      label: "Kind",
      from: "sm",
      cell: ({ kind }) => <span className="text-fg2">{kind.replace("-", " ")}</span>,
    },
    {
      key: "published",
      label: "In force",
      cell: ({ published, archivedAt }) => {
        if (archivedAt !== null) return <Badge>Archived</Badge>;
        if (published.length === 0) return <Badge dashed>Nowhere</Badge>;
        return (
          <span className="flex flex-wrap gap-1">
            {published.map(({ environment, revision, publishedAt }) => (
              <Badge key={environment} tone="positive" title={`Published ${publishedAt}`}>
                {environment} r{revision}
              </Badge>
            ))}
          </span>
        );
      },
    },
    {
      key: "owner",
      label: "Owner",
      from: "md",
      cell: ({ owner }) => nameOf(owner) ?? <span className="text-fg3">nobody</span>,
    },
    {
      key: "changed",
      label: "Published",
      align: "right",
      from: "md",
      cell: ({ published }) => {
        const [newest] = published
          .map(({ publishedAt }) => publishedAt)
          .toSorted()
          .toReversed();
        return newest === undefined ? (
          <span className="text-fg3">never</span>
        ) : (
          <span className="text-fg2">
            <RelativeTime at={newest} />
          </span>
        );
      },
    },
  ];
}
