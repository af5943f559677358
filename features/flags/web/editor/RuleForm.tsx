import { Button, Checkbox, Select, TextField } from "@paceline/web-kit";
import { Filter } from "lucide-react";
import type { ReactNode } from "react";

import type { VariantNames } from "../VariantBar.tsx";
import { ConditionEditor } from "./ConditionEditor.tsx";
import { emptyComparison } from "./edit.ts";
import type { RuleDraft } from "./edit.ts";
import { ExposureField } from "./ExposureField.tsx";
import type { FaultAt } from "./faults.ts";
import { GatesEditor } from "./GatesEditor.tsx";
import { OverridesEditor } from "./OverridesEditor.tsx";
import { PrerequisitesEditor } from "./PrerequisitesEditor.tsx";
import { ServeEditor } from "./ServeEditor.tsx";

type RuleFormProps = {
  flagKey: string;
  environment: string;
  rule: RuleDraft;
  names: VariantNames;
  pointer: string;
  faultAt: FaultAt;
  /** Id of the list of attributes that were seen. */
  attributes: string;
  disabled: boolean;
  /** The rule is in force already. */
  published: boolean;
  onChange: (rule: RuleDraft) => void;
};

/** Every part of a rule, in the order in which it is tried. */
export function RuleForm(props: RuleFormProps) {
  const { flagKey, environment, rule, names, pointer, faultAt, attributes, disabled } = props;
  const set = (change: Partial<RuleDraft>) => props.onChange({ ...rule, ...change });
  const shared = { faultAt, attributes, disabled };
  return (
    <div className="flex flex-col">
      <Part title="Who" note="the condition; everyone without one">
        {rule.when === null ? (
          <div className="flex flex-wrap items-center gap-3">
            <span className="font-medium">Everyone</span>
            {!disabled && (
              <Button
                small
                icon={<Filter aria-hidden />}
                onClick={() => set({ when: emptyComparison })}
              >
                Add a condition
              </Button>
            )}
          </div>
        ) : (
          <ConditionEditor
            {...shared}
            label="Condition"
            depth={0}
            pointer={`${pointer}/when`}
            condition={rule.when}
            onChange={(when) => set({ when })}
          />
        )}
      </Part>
      <Part title="Needs" note="other flags that must give a variant">
        <PrerequisitesEditor
          {...shared}
          flagKey={flagKey}
          pointer={`${pointer}/prerequisites`}
          prerequisites={rule.prerequisites}
          onChange={(prerequisites) => set({ prerequisites })}
        />
      </Part>
      <Part title="How many" note="of those, by the unit’s hash">
        <ExposureField
          label={`Exposure of rule ${rule.id}`}
          share={rule.exposureShare}
          disabled={disabled}
          error={faultAt(`${pointer}/exposureShare`)}
          onChange={(exposureShare) => set({ exposureShare })}
        />
      </Part>
      <Part title="Gates" note="layers, holdouts and canaries">
        <GatesEditor
          environment={environment}
          rule={rule}
          pointer={pointer}
          faultAt={faultAt}
          disabled={disabled}
          onChange={set}
        />
      </Part>
      <Part title="Gets" note="what they are served">
        <ServeEditor
          serve={rule.serve}
          names={names}
          pointer={`${pointer}/serve`}
          faultAt={faultAt}
          disabled={disabled}
          anchored={props.published}
          onChange={(serve) => set("split" in serve ? { serve } : { serve, sticky: null })}
        />
      </Part>
      <Part title="Exceptions" note="served first, whatever the exposure">
        <OverridesEditor
          {...shared}
          names={names}
          pointer={`${pointer}/overrides`}
          overrides={rule.overrides}
          onChange={(overrides) => set({ overrides })}
        />
      </Part>
      <Part title="Unit" note="what is randomized, and what is recorded">
        <UnitFields {...props} set={set} />
      </Part>
    </div>
  );
}

function Part(props: { title: string; note: string; children: ReactNode }) {
  return (
    <section
      aria-label={props.title}
      className="grid gap-x-4 gap-y-2 border-b border-line px-4 py-3.5 last:border-b-0 md:grid-cols-[8.5rem_minmax(0,1fr)]"
    >
      <div className="md:pt-1.5">
        <h3 className="font-medium">{props.title}</h3>
        <p className="text-small text-fg3">{props.note}</p>
      </div>
      <div className="min-w-0 md:pt-1">{props.children}</div>
    </section>
  );
}

const unitFallbacks = [
  { value: "none", label: "Decided anew each time" },
  { value: "sticky", label: "Kept from the first time on" },
] as const;

function UnitFields(props: RuleFormProps & { set: (change: Partial<RuleDraft>) => void }) {
  const { rule, pointer, faultAt, attributes, disabled, published, set } = props;
  const { sticky } = rule;
  return (
    <div className="flex flex-col gap-4">
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          label="Unit"
          mono
          list={attributes}
          disabled={disabled}
          hint={
            published ? "Another one gives everybody a new bucket" : "The attribute that names it"
          }
          value={rule.unit}
          onChange={(unit) => set({ unit: unit.trim() })}
          error={faultAt(`${pointer}/unit`)}
        />
        <TextField
          label="Bucketing"
          mono
          readOnly
          hint={`Frozen with the rule; phase ${rule.phase}`}
          value={rule.bucketing}
          onChange={() => {}}
        />
      </div>
      <Checkbox
        label="Record an exposure"
        hint="A unit that was served a variant counts; whoever cannot be counted is not treated"
        checked={rule.recordExposure}
        disabled={disabled || rule.experimentId !== null}
        onChange={(recordExposure) => set({ recordExposure })}
      />
      <div className="grid gap-4 sm:grid-cols-2">
        <Select
          label="Assignment"
          options={unitFallbacks}
          disabled={disabled || !("split" in rule.serve)}
          value={sticky === null ? "none" : "sticky"}
          hint={
            !("split" in rule.serve)
              ? "Only a split assigns"
              : sticky === null
                ? "The same unit gets the same answer as long as the rule stays as it is"
                : "A unit keeps its variant when shares or conditions change later"
          }
          onChange={(kind) =>
            set({ sticky: kind === "none" ? null : { fallbackUnit: null, minPhase: rule.phase } })
          }
        />
        {sticky !== null && (
          <TextField
            label="Before it was known"
            optional
            mono
            list={attributes}
            disabled={disabled}
            hint="Attribute under which the unit may have been assigned, such as anonymousId"
            value={sticky.fallbackUnit ?? ""}
            onChange={(text) =>
              set({ sticky: { ...sticky, fallbackUnit: text.trim() === "" ? null : text.trim() } })
            }
            error={faultAt(`${pointer}/sticky/fallbackUnit`)}
          />
        )}
      </div>
    </div>
  );
}
