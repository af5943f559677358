import { Button, Select, TextField } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";

import type { AuditFilter } from "./queries.ts";
import { membersQuery } from "./queries.ts";
import { actionGroups, serviceNames } from "./words.ts";

export const noFilter: AuditFilter = {
  action: "",
  actor: "",
  subjectKind: "",
  subjectId: "",
  from: "",
  to: "",
};

export function isFiltered(filter: AuditFilter): boolean {
  return Object.values(filter).some((value) => value !== "");
}

type Choice = { readonly value: string; readonly label: string };

/** The known choices, and the one that the address names although it is none of them. */
function withChosen(known: readonly Choice[], chosen: string): readonly Choice[] {
  return known.some(({ value }) => value === chosen)
    ? known
    : [...known, { value: chosen, label: chosen }];
}

const subjectKinds: readonly Choice[] = [
  { value: "", label: "About anything" },
  { value: "initiative", label: "About an initiative" },
  { value: "experiment", label: "About an experiment" },
  { value: "flag", label: "About a flag" },
  { value: "person", label: "About a person" },
  { value: "environment", label: "About an environment" },
  { value: "workspace", label: "About the workspace" },
];

export function Filters(props: {
  filter: AuditFilter;
  onChange: (change: Partial<AuditFilter>) => void;
}) {
  const { filter, onChange } = props;
  const members = useQuery(membersQuery);
  const actors: readonly Choice[] = [
    { value: "", label: "By anybody" },
    ...(members.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name })),
    ...serviceNames.map((name) => ({ value: name, label: `Service ${name}` })),
  ];
  return (
    <fieldset
      aria-label="Filter"
      className="mb-4 grid grid-cols-2 items-end gap-3 sm:flex sm:flex-wrap"
    >
      <div className="w-40 max-sm:w-auto">
        <Select
          label="Action"
          options={withChosen(actionGroups, filter.action)}
          value={filter.action}
          onChange={(action) => onChange({ action })}
        />
      </div>
      <div className="w-44 max-sm:w-auto">
        <Select
          label="Actor"
          options={withChosen(actors, filter.actor)}
          value={filter.actor}
          onChange={(actor) => onChange({ actor })}
        />
      </div>
      <div className="w-44 max-sm:w-auto">
        <Select
          label="Subject"
          options={withChosen(subjectKinds, filter.subjectKind)}
          value={filter.subjectKind}
          onChange={(subjectKind) => onChange({ subjectKind })}
        />
      </div>
      <div className="w-36 max-sm:w-auto">
        <TextField
          label="From (UTC)"
          type="date"
          value={filter.from}
          onChange={(from) => onChange({ from })}
        />
      </div>
      <div className="w-36 max-sm:w-auto">
        <TextField
          label="To (UTC)"
          type="date"
          value={filter.to}
          onChange={(to) => onChange({ to })}
        />
      </div>
      {filter.subjectId !== "" && (
        <Button icon={<X aria-hidden />} onClick={() => onChange({ subjectId: "" })}>
          Only one subject
        </Button>
      )}
      {isFiltered(filter) && (
        <Button kind="quiet" onClick={() => onChange(noFilter)}>
          Clear filter
        </Button>
      )}
    </fieldset>
  );
}
