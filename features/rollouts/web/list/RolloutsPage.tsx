import {
  Card,
  EmptyState,
  ErrorState,
  Button,
  LinkButton,
  Page,
  PageHeader,
  Select,
  SkeletonRows,
  StaleNote,
  Table,
  TextField,
  TextLink,
  formatCount,
  useLive,
  useMay,
  usePageSearch,
} from "@paceline/web-kit";
import type { SearchOf, UpdateSearch } from "@paceline/web-kit";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { BellRing, Plus, Search, TrendingUp } from "lucide-react";

import { PLAN_STATES } from "../../domain/plan.ts";
import type { RolloutSummary } from "../../plan-api.ts";
import { newRolloutPage, receiversPage, rolloutPage, rolloutsPage } from "../pages.ts";
import { environmentsQuery, flagKeysQuery, rolloutListQuery } from "../plan-queries.ts";
import { isUnderWay, stateNames } from "../plan-words.ts";
import { rolloutColumns } from "./columns.tsx";

const flagKeys = "flag-keys";

/** What needs a person comes first in words; the list is newest first. */
function answerOf(items: readonly RolloutSummary[], more: boolean): string {
  const count = (state: RolloutSummary["state"]) =>
    items.filter((rollout) => rollout.state === state).length;
  const moving = items.filter(({ state }) => isUnderWay(state)).length;
  const stopped = [
    ...(count("paused") === 0 ? [] : [`${count("paused")} paused`]),
    ...(count("holding") === 0 ? [] : [`${count("holding")} holding`]),
  ];
  const all = more ? `The newest ${items.length} rollouts` : formatCount(items.length, "rollout");
  return `${all}; ${moving === 0 ? "none is" : moving === 1 ? "1 is" : `${moving} are`} under way${
    stopped.length === 0 ? "" : `, ${stopped.join(" and ")}`
  }.`;
}

export function RolloutsPage() {
  const [search, update] = usePageSearch(rolloutsPage);
  const query = useInfiniteQuery(rolloutListQuery(search));
  useLive("rollouts", ["rollouts"]);
  const mayEdit = useMay("rollout.edit");
  const create = mayEdit && (
    <LinkButton kind="primary" to={newRolloutPage.href()}>
      <Plus aria-hidden />
      Plan a rollout
    </LinkButton>
  );
  const items = query.data?.pages.flatMap((page) => page.items) ?? [];
  const isFiltered = search.state !== "any" || search.environment !== "" || search.flag !== "";
  return (
    <Page title="Rollouts" actions={create}>
      <PageHeader
        title="Rollouts"
        actions={
          <LinkButton to={receiversPage.href()}>
            <BellRing aria-hidden />
            Alert receivers
          </LinkButton>
        }
      >
        {query.data === undefined
          ? "Changes that reach people stage by stage."
          : answerOf(items, query.hasNextPage)}
      </PageHeader>
      <Filters search={search} update={update} />
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
            label="Rollouts"
            rows={items}
            rowKey={({ id }) => id}
            rowTo={({ id }) => rolloutPage.href({ rolloutId: id })}
            columns={rolloutColumns}
            empty={isFiltered ? <NothingFits /> : <First create={create} />}
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
    </Page>
  );
}

function Filters(props: {
  search: SearchOf<typeof rolloutsPage.fields>;
  update: UpdateSearch<typeof rolloutsPage.fields>;
}) {
  const { search, update } = props;
  const environments = useQuery(environmentsQuery);
  const flags = useQuery(flagKeysQuery);
  return (
    <div className="mb-4 flex flex-wrap items-center gap-2">
      <div className="w-56 max-sm:w-full">
        <TextField
          label="Flag key"
          hideLabel
          type="search"
          placeholder="Flag key"
          list={flagKeys}
          before={<Search />}
          value={search.flag}
          onChange={(flag) => update({ flag })}
        />
        <datalist id={flagKeys}>
          {(flags.data?.items ?? []).map(({ key }) => (
            <option key={key} value={key}>
              {key}
            </option>
          ))}
        </datalist>
      </div>
      <div className="w-40 max-sm:w-[calc(50%-0.25rem)]">
        <Select
          label="State"
          hideLabel
          options={[
            { value: "any" as const, label: "Any state" },
            ...PLAN_STATES.map((state) => ({ value: state, label: stateNames[state] })),
          ]}
          value={search.state}
          onChange={(state) => update({ state })}
        />
      </div>
      <div className="w-44 max-sm:w-[calc(50%-0.25rem)]">
        <Select
          label="Environment"
          hideLabel
          options={[
            { value: "", label: "All environments" },
            ...(environments.data?.items ?? []).map(({ key, name }) => ({
              value: key,
              label: name,
            })),
          ]}
          value={search.environment}
          onChange={(environment) => update({ environment })}
        />
      </div>
    </div>
  );
}

function NothingFits() {
  return (
    <EmptyState
      icon={<TrendingUp />}
      title="No rollout fits these filters"
      link={<TextLink to={rolloutsPage.href()}>Show all</TextLink>}
    >
      A flag is found by its whole key; the field suggests those that there are.
    </EmptyState>
  );
}

function First(props: { create: React.ReactNode }) {
  return (
    <EmptyState icon={<TrendingUp />} title="Your rollouts appear here" action={props.create}>
      A rollout exposes a change stage by stage, and cannot start until it can be undone.
    </EmptyState>
  );
}
