import { Button, Checkbox, Combobox, IconButton } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";

import type { Prerequisite } from "../../domain/flag.ts";
import { flagKeysQuery, flagQuery } from "../queries.ts";
import { replaced } from "./edit.ts";
import type { FaultAt } from "./faults.ts";

type PrerequisiteProps = {
  /** The flag that is edited; it cannot need itself. */
  flagKey: string;
  pointer: string;
  faultAt: FaultAt;
  disabled: boolean;
};

/** Other flags that must give one of some variants, to the same context in the same environment. */
export function PrerequisitesEditor(
  props: PrerequisiteProps & {
    prerequisites: readonly Prerequisite[];
    onChange: (prerequisites: readonly Prerequisite[]) => void;
  },
) {
  const { prerequisites, onChange, ...shared } = props;
  const { disabled } = shared;
  return (
    <div className="flex flex-col gap-3">
      {prerequisites.length === 0 && <p className="text-fg2 md:pt-0.5">No other flag.</p>}
      <ul className="flex flex-col gap-3 empty:hidden">
        {prerequisites.map((one, index) => (
          <li key={index} className="flex items-start gap-2 rounded-control border border-line p-3">
            <div className="min-w-0 flex-1">
              <OnePrerequisite
                {...shared}
                pointer={`${shared.pointer}/${index}`}
                place={index + 1}
                prerequisite={one}
                onChange={(next) => onChange(replaced(prerequisites, index, next))}
              />
            </div>
            {!disabled && (
              <IconButton
                label={`Take out prerequisite ${index + 1}`}
                icon={<X aria-hidden />}
                onClick={() => onChange(replaced(prerequisites, index, undefined))}
              />
            )}
          </li>
        ))}
      </ul>
      {!disabled && (
        <div>
          <Button
            small
            kind="quiet"
            icon={<Plus aria-hidden />}
            onClick={() => onChange([...prerequisites, { flag: "", variants: [] }])}
          >
            Add a prerequisite
          </Button>
        </div>
      )}
    </div>
  );
}

function OnePrerequisite(
  props: PrerequisiteProps & {
    place: number;
    prerequisite: Prerequisite;
    onChange: (prerequisite: Prerequisite) => void;
  },
) {
  const { flagKey, pointer, faultAt, disabled, place, prerequisite, onChange } = props;
  const flags = useQuery(flagKeysQuery);
  const other = useQuery({
    ...flagQuery(prerequisite.flag),
    enabled: prerequisite.flag !== "",
  });
  const keys = (flags.data?.items ?? []).map(({ key }) => key).filter((key) => key !== flagKey);
  const options = [...new Set([...keys, prerequisite.flag])]
    .filter((key) => key !== "")
    .map((key) => ({ value: key, label: key }));
  const variants = Object.keys(other.data?.variants ?? {});
  const fault = faultAt(`${pointer}/variants`) ?? faultAt(pointer);
  const choose = (variant: string, chosen: boolean) =>
    onChange({
      ...prerequisite,
      variants: variants.filter((name) =>
        name === variant ? chosen : prerequisite.variants.includes(name),
      ),
    });
  return (
    <div className="flex flex-col gap-2">
      <Combobox
        label={`Prerequisite ${place}: flag`}
        hideLabel
        placeholder="Key of the other flag"
        nothing="No other flag has this key"
        options={options}
        disabled={disabled}
        value={prerequisite.flag === "" ? null : prerequisite.flag}
        onChange={(flag) => onChange({ flag: flag ?? "", variants: [] })}
        error={faultAt(`${pointer}/flag`)}
      />
      {variants.length > 0 && (
        <fieldset className="flex flex-wrap items-center gap-x-4 gap-y-1">
          <legend className="sr-only">Prerequisite {place}: must give</legend>
          <span aria-hidden className="text-fg2">
            must give
          </span>
          {variants.map((name) => (
            <Checkbox
              key={name}
              label={name}
              disabled={disabled}
              checked={prerequisite.variants.includes(name)}
              onChange={(chosen) => choose(name, chosen)}
            />
          ))}
        </fieldset>
      )}
      {fault !== undefined && (
        <p role="alert" className="text-small text-negative">
          {fault}
        </p>
      )}
    </div>
  );
}
