import { Combobox } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";

import { InitiativeStanding } from "../InitiativeStanding.tsx";
import { initiativesQuery, flagQuery } from "../plan-queries.ts";
import type { FormProps } from "./fields.ts";

/** The change that the plan carries out; it decides whether anybody may be exposed at all. */
export function InitiativeField(props: FormProps) {
  const { form, onChange, problem } = props;
  const initiatives = useQuery(initiativesQuery);
  const flag = useQuery({ ...flagQuery(form.flagKey ?? ""), enabled: form.flagKey !== null });
  const ofFlag = flag.data?.initiativeId ?? null;
  const options = (initiatives.data?.items ?? []).map(({ id, key, title, status }) => ({
    value: id,
    label: `${key} ${title === "" ? "Untitled change" : title}`,
    hint: status,
  }));
  const unknown =
    form.initiativeId !== null && !options.some((one) => one.value === form.initiativeId);
  return (
    <div className="flex flex-col gap-2">
      <Combobox
        label="Initiative"
        optional
        placeholder={ofFlag === null ? "None" : "That of the flag"}
        options={
          unknown && form.initiativeId !== null
            ? [...options, { value: form.initiativeId, label: "Another initiative", hint: "" }]
            : options
        }
        value={form.initiativeId}
        onChange={(initiativeId) => onChange({ ...form, initiativeId })}
        error={problem?.faultAt("/initiativeId")}
      />
      {(form.initiativeId ?? ofFlag) !== null && (
        <InitiativeStanding id={form.initiativeId ?? ofFlag ?? ""} environment={form.environment} />
      )}
    </div>
  );
}
