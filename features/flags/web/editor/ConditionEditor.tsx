import { Button, IconButton, Select, TextField, classes } from "@paceline/web-kit";
import { ListTree, Plus, X } from "lucide-react";

import type { Comparison, Condition } from "../../domain/condition.ts";
import { operatorOptions } from "../words.ts";
import {
  conditionOf,
  emptyComparison,
  groupOf,
  isComparison,
  replaced,
  valueKind,
  withOperator,
} from "./edit.ts";
import type { Group } from "./edit.ts";
import type { FaultAt } from "./faults.ts";
import { ValueField } from "./ValueField.tsx";

const joints = [
  { value: "all", label: "All of these hold" },
  { value: "any", label: "At least one of these holds" },
  { value: "not all", label: "Not all of these hold" },
  { value: "not any", label: "None of these holds" },
] as const;
type Joint = (typeof joints)[number]["value"];

/** One part alone is not "all of these". */
const jointsOfOne = [
  { value: "all", label: "This holds" },
  { value: "not all", label: "This does not hold" },
] as const;

function jointOf({ by, not }: Group): Joint {
  return not ? (by === "all" ? "not all" : "not any") : by;
}

const deepest = 5;

type Shared = {
  /** Where the condition is in what is sent, for the faults in place. */
  pointer: string;
  faultAt: FaultAt;
  /** Id of the list of attributes that were seen. */
  attributes: string;
  disabled: boolean;
  depth: number;
};

/** A condition of any depth; null when its last part is taken out. */
export function ConditionEditor(
  props: Shared & {
    label: string;
    condition: Condition;
    onChange: (condition: Condition | null) => void;
  },
) {
  const { label, condition, onChange, pointer, ...shared } = props;
  const { depth, disabled } = shared;
  const group = groupOf(condition);
  const set = (change: Partial<Group>) => onChange(conditionOf({ ...group, ...change }));
  const add = (item: Condition) => set({ items: [...group.items, item] });
  return (
    <fieldset
      className={classes("flex min-w-0 flex-col gap-2", depth > 0 && "border-l-2 border-line pl-3")}
    >
      <legend className="sr-only">{label}</legend>
      {(group.items.length > 1 || group.not || group.by === "any") && (
        <div className="flex items-start gap-1">
          <div className="w-60">
            <Select
              label={`${label}: how its parts count`}
              hideLabel
              options={group.items.length === 1 && group.by === "all" ? jointsOfOne : joints}
              disabled={disabled}
              value={jointOf(group)}
              onChange={(joint) =>
                set({ by: joint.endsWith("any") ? "any" : "all", not: joint.startsWith("not") })
              }
            />
          </div>
          {depth > 0 && !disabled && (
            <IconButton
              label={`Take out ${label.toLowerCase()}`}
              icon={<X aria-hidden />}
              onClick={() => onChange(null)}
            />
          )}
        </div>
      )}
      {group.items.map((item, index) => {
        const inside = {
          ...shared,
          label: `${depth === 0 ? "Part" : label + ", part"} ${index + 1}`,
          pointer: `${pointer}${pathOf(condition, index)}`,
        };
        const change = (next: Condition | null) =>
          set({ items: replaced(group.items, index, next ?? undefined) });
        return isComparison(item) ? (
          <ComparisonRow key={index} {...inside} comparison={item} onChange={change} />
        ) : (
          <ConditionEditor
            key={index}
            {...inside}
            depth={depth + 1}
            condition={item}
            onChange={change}
          />
        );
      })}
      {!disabled && (
        <div className="flex flex-wrap gap-1">
          <Button
            small
            kind="quiet"
            icon={<Plus aria-hidden />}
            onClick={() => add(emptyComparison)}
          >
            Add a part
          </Button>
          {depth < deepest && (
            <Button
              small
              kind="quiet"
              icon={<ListTree aria-hidden />}
              onClick={() => add({ any: [emptyComparison, emptyComparison] })}
            >
              Add a group
            </Button>
          )}
        </div>
      )}
    </fieldset>
  );
}

/** From a condition to its part, as the server's pointers say it. */
function pathOf(condition: Condition, index: number): string {
  if ("all" in condition) return `/all/${index}`;
  if ("any" in condition) return `/any/${index}`;
  if ("not" in condition) {
    const { not } = condition;
    if ("all" in not) return `/not/all/${index}`;
    return "any" in not ? `/not/any/${index}` : "/not";
  }
  return "";
}

const hints = {
  nothing: "",
  scalar: "a text, number, true or false",
  list: "DE, AT, CH",
  text: "the beginning or end",
  number: "a number",
  version: "2.10.0",
} as const;

function ComparisonRow(
  props: Shared & {
    label: string;
    comparison: Comparison;
    onChange: (condition: Condition | null) => void;
  },
) {
  const { label, comparison, onChange, pointer, faultAt, attributes, disabled } = props;
  const { attribute, operator } = comparison;
  const kind = valueKind(operator);
  return (
    <div className="grid grid-cols-[minmax(0,1fr)_auto] items-start gap-1.5 sm:grid-cols-[minmax(0,1fr)_12rem_minmax(0,1fr)_2rem]">
      <TextField
        label={`${label}: attribute`}
        hideLabel
        mono
        list={attributes}
        placeholder="attribute"
        autoComplete="off"
        spellCheck={false}
        disabled={disabled}
        value={attribute}
        onChange={(next) => onChange({ ...comparison, attribute: next.trim() })}
        error={faultAt(`${pointer}/attribute`)}
      />
      <div className="max-sm:order-3 max-sm:col-span-2">
        <Select
          label={`${label}: comparison`}
          hideLabel
          options={operatorOptions}
          disabled={disabled}
          value={operator}
          onChange={(next) => onChange(withOperator(comparison, next))}
          error={faultAt(`${pointer}/operator`)}
        />
      </div>
      <div className="max-sm:order-4 max-sm:col-span-2">
        {kind !== "nothing" && (
          <ValueField
            key={operator}
            label={`${label}: value`}
            placeholder={hints[kind]}
            comparison={comparison}
            disabled={disabled}
            onChange={onChange}
            error={faultAt(`${pointer}/value`)}
          />
        )}
      </div>
      {!disabled && (
        <IconButton
          label={`Take out ${label.toLowerCase()}`}
          icon={<X aria-hidden />}
          onClick={() => onChange(null)}
        />
      )}
    </div>
  );
}
