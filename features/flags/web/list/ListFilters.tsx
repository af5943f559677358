import { Button, Checkbox, Select, TextField } from "@paceline/web-kit";
import type { SearchOf, UpdateSearch } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Download, Search } from "lucide-react";

import type { FlagSummary } from "../../api.ts";
import type { StaleFlagView } from "../../stale-api.ts";
import type { flagsPage } from "../pages.ts";
import { environmentsQuery, membersQuery } from "../queries.ts";
import { kindOptions } from "../words.ts";
import { flagsCsv } from "./csv.ts";

type Search = SearchOf<typeof flagsPage.fields>;

/** Whether anything but the order was chosen. */
export function isFiltered(search: Search): boolean {
  const { text, kind, environment, owner, tag, lifecycle, archived, stale } = search;
  return (
    [text, environment, owner, tag].some((value) => value !== "") ||
    kind !== "any" ||
    lifecycle !== "any" ||
    archived ||
    stale
  );
}

const lifecycles = [
  { value: "any", label: "Any lifecycle" },
  { value: "draft", label: "Draft" },
  { value: "live", label: "Live" },
  { value: "concluded", label: "Concluded" },
  { value: "clean-up", label: "Clean-up" },
] as const;

export function ListFilters(props: {
  search: Search;
  update: UpdateSearch<typeof flagsPage.fields>;
  flags: readonly FlagSummary[];
  nameOf: (id: string | null) => string | null;
  staleOf: ReadonlyMap<string, StaleFlagView>;
}) {
  const { search, update, flags, nameOf, staleOf } = props;
  const environments = useQuery(environmentsQuery);
  const members = useQuery(membersQuery);
  return (
    <div className="mb-4 flex flex-wrap items-center gap-2">
      <div className="w-48 max-sm:w-full">
        <TextField
          label="Search by key, description or tag"
          hideLabel
          type="search"
          placeholder="Key, description or tag"
          before={<Search />}
          value={search.text}
          onChange={(text) => update({ text })}
        />
      </div>
      <div className="w-36 max-sm:w-[calc(50%-0.25rem)]">
        <Select
          label="Kind"
          hideLabel
          options={[{ value: "any", label: "All kinds" }, ...kindOptions]}
          value={search.kind}
          onChange={(kind) => update({ kind })}
        />
      </div>
      <div className="w-32 max-sm:w-[calc(50%-0.25rem)]">
        <Select
          label="Lifecycle"
          hideLabel
          options={lifecycles}
          value={search.lifecycle}
          onChange={(lifecycle) => update({ lifecycle })}
        />
      </div>
      <div className="w-40 max-sm:w-[calc(50%-0.25rem)]">
        <Select
          label="In force in"
          hideLabel
          options={[
            { value: "", label: "In force anywhere" },
            ...(environments.data?.items ?? []).map(({ key, name }) => ({
              value: key,
              label: name,
            })),
          ]}
          value={search.environment}
          onChange={(environment) => update({ environment })}
        />
      </div>
      <div className="w-32 max-sm:w-[calc(50%-0.25rem)]">
        <Select
          label="Owner"
          hideLabel
          options={[
            { value: "", label: "Any owner" },
            ...(members.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name })),
          ]}
          value={search.owner}
          onChange={(owner) => update({ owner })}
        />
      </div>
      <Checkbox
        label={staleOf.size === 0 ? "Stale" : `Stale (${staleOf.size})`}
        checked={search.stale}
        onChange={(stale) => update({ stale })}
      />
      <Checkbox
        label="Archived"
        checked={search.archived}
        onChange={(archived) => update({ archived })}
      />
      <Checkbox
        label="Product’s own"
        checked={search.internal}
        onChange={(internal) => update({ internal })}
      />
      <div className="ml-auto">
        <Button
          icon={<Download aria-hidden />}
          disabled={flags.length === 0}
          onClick={() =>
            save(
              flagsCsv(
                flags,
                (id) => nameOf(id) ?? "",
                (key) => staleOf.get(key),
              ),
            )
          }
        >
          CSV
        </Button>
      </div>
    </div>
  );
}

/** Hands a text to the browser as a file. */
function save(csv: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([csv], { type: "text/csv;charset=utf-8" }));
  link.download = "flags.csv";
  link.click();
  URL.revokeObjectURL(link.href);
}
