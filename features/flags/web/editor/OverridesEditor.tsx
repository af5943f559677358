import { Button, IconButton, Select } from "@paceline/web-kit";
import { Plus, X } from "lucide-react";

import type { Override } from "../../domain/flag.ts";
import type { VariantNames } from "../VariantBar.tsx";
import { ConditionEditor } from "./ConditionEditor.tsx";
import { emptyComparison, replaced } from "./edit.ts";
import type { FaultAt } from "./faults.ts";

/** People who get a fixed variant before anybody is put into a bucket. */
export function OverridesEditor(props: {
  overrides: readonly Override[];
  names: VariantNames;
  pointer: string;
  faultAt: FaultAt;
  attributes: string;
  disabled: boolean;
  onChange: (overrides: readonly Override[]) => void;
}) {
  const { overrides, names, pointer, disabled, onChange, ...shared } = props;
  const options = names.variants.map((name) => ({ value: name, label: name }));
  const set = (index: number, override: Override | undefined) =>
    onChange(replaced(overrides, index, override));
  return (
    <div className="flex flex-col gap-3">
      {overrides.length === 0 && <p className="text-fg2 md:pt-0.5">None.</p>}
      <ul className="flex flex-col gap-3 empty:hidden">
        {overrides.map((override, index) => (
          <li key={index} className="flex flex-col gap-2 rounded-control border border-line p-3">
            <div className="flex items-start gap-2">
              <span className="flex h-8 shrink-0 items-center">Gets</span>
              <div className="min-w-0 flex-1">
                <Select
                  label={`Exception ${index + 1}: variant`}
                  hideLabel
                  options={options}
                  disabled={disabled}
                  value={names.variants.includes(override.variant) ? override.variant : null}
                  onChange={(variant) => set(index, { ...override, variant })}
                  error={props.faultAt(`${pointer}/${index}/variant`)}
                />
              </div>
              {!disabled && (
                <IconButton
                  label={`Take out exception ${index + 1}`}
                  icon={<X aria-hidden />}
                  onClick={() => set(index, undefined)}
                />
              )}
            </div>
            <ConditionEditor
              {...shared}
              disabled={disabled}
              depth={0}
              label={`Exception ${index + 1}`}
              pointer={`${pointer}/${index}/when`}
              condition={override.when}
              onChange={(when) => set(index, when === null ? undefined : { ...override, when })}
            />
          </li>
        ))}
      </ul>
      {!disabled && (
        <div>
          <Button
            small
            kind="quiet"
            icon={<Plus aria-hidden />}
            onClick={() =>
              onChange([...overrides, { when: emptyComparison, variant: names.variants[0] ?? "" }])
            }
          >
            Add an exception
          </Button>
        </div>
      )}
    </div>
  );
}
