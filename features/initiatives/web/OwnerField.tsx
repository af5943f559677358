import { Person, Select, apiClient, asProblem, useCommand, useMay } from "@paceline/web-kit";

import type { InitiativeDetail } from "../api.ts";
import { usePeople } from "./people.ts";
import { INITIATIVES_KEY } from "./queries.ts";

const settled = ["captured", "cancelled"];

/** The one person who answers for it; changed in place. */
export function OwnerField(props: { initiative: InitiativeDetail }) {
  const { id, ownerId, version, state } = props.initiative;
  const { members, nameOf } = usePeople();
  const mayEdit = useMay("initiative.edit") && !settled.includes(state);
  const assign = useCommand({
    run: (next: string | null) =>
      apiClient.put<InitiativeDetail>(
        `/initiatives/${id}/owner`,
        { ownerId: next },
        { ifMatch: version },
      ),
    refresh: [INITIATIVES_KEY],
    done: "Owner assigned",
    inline: true,
  });
  const name = nameOf(ownerId);
  if (!mayEdit) {
    return name === undefined ? <span className="text-fg3">Nobody</span> : <Person name={name} />;
  }
  return (
    <Select
      label="Owner"
      hideLabel
      options={[
        { value: "", label: "Nobody yet" },
        ...members.map((member) => ({ value: member.id, label: member.name })),
      ]}
      value={ownerId ?? ""}
      disabled={assign.isPending}
      onChange={(next) => assign.mutate(next === "" ? null : next)}
      error={assign.isError ? asProblem(assign.error).detail : undefined}
    />
  );
}
