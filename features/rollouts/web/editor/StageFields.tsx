import { recordedContextsQuery } from "@paceline/flags/web/condition";
import { Button, Card, Checkbox, IconButton, Select, TextField } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";

import type { Hold, Stage } from "../../domain/plan.ts";
import type { TemplateDocument } from "../../plan-api.ts";
import { shareWords } from "../plan-words.ts";
import type { FormProps } from "./fields.ts";
import { withStage, withStageAt, withoutStage } from "./form.ts";
import { LengthField } from "./LengthField.tsx";
import { NumberField } from "./NumberField.tsx";
import { StageTargeting } from "./StageTargeting.tsx";

const attributes = "attributes-of-stages";
const byHand = "";
const nobody = "";
const approvers = [
  { value: nobody, label: "Nobody" },
  { value: "owner", label: "An owner" },
  { value: "engineer", label: "An engineer" },
  { value: "marketer", label: "A marketer" },
  { value: "analyst", label: "An analyst" },
  { value: "legal", label: "Legal" },
  { value: "creative", label: "A creative" },
] as const;

/** Every stage: what is served from it on, and what must be met before the next. */
export function StageFields(props: FormProps & { templates: readonly TemplateDocument[] }) {
  const { form, onChange, problem, templates } = props;
  const recorded = useQuery(recordedContextsQuery(form.environment));
  return (
    <Card
      title="Stages"
      note="all that holds a stage must be met"
      flush
      actions={
        <div className="w-44">
          <Select
            label="Start from a template"
            hideLabel
            options={[
              ...(form.template === null ? [{ value: byHand, label: "Written by hand" }] : []),
              ...templates.map(({ key, name }) => ({ value: key, label: name })),
            ]}
            value={form.template ?? byHand}
            onChange={(key) => {
              const template = templates.find((one) => one.key === key);
              if (template !== undefined)
                onChange({ ...form, template: key, stages: template.stages });
            }}
          />
        </div>
      }
    >
      <datalist id={attributes}>
        <option value="targetingKey">targetingKey</option>
        {(recorded.data?.attributes ?? []).map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </datalist>
      <ol aria-label="Stages" className="divide-y divide-line">
        {form.stages.map((stage, index) => (
          <li key={stage.id} className="card-p">
            <OneStage {...props} stage={stage} index={index} />
          </li>
        ))}
      </ol>
      <div className="card-px flex flex-wrap items-center gap-3 border-t border-line py-3">
        <Button small icon={<Plus aria-hidden />} onClick={() => onChange(withStage(form))}>
          Add a stage
        </Button>
        {problem?.faultAt("/stages") !== undefined && (
          <span role="alert" className="text-small text-negative">
            {problem.faultAt("/stages")}
          </span>
        )}
      </div>
    </Card>
  );
}

function OneStage(props: FormProps & { stage: Stage; index: number }) {
  const { form, onChange, problem, stage, index } = props;
  const { hold } = stage;
  const pointer = `/stages/${index}`;
  const change = (more: Partial<Stage>) => onChange(withStageAt(form, index, more));
  const changeHold = (more: Partial<Hold>) => change({ hold: { ...hold, ...more } });
  const number = index + 1;
  return (
    <div className="flex flex-col gap-3">
      <div className="flex items-center justify-between gap-2">
        <h3 className="font-medium">
          Stage {number}, {shareWords(stage.exposureShare)}
        </h3>
        <IconButton
          small
          label={`Take out stage ${number}`}
          icon={<Trash2 aria-hidden />}
          disabled={form.stages.length === 1}
          onClick={() => onChange(withoutStage(form, index))}
        />
      </div>
      <div className="grid gap-3 sm:grid-cols-3">
        <TextField
          label="Name"
          value={stage.name}
          onChange={(name) => change({ name })}
          error={problem?.faultAt(`${pointer}/name`)}
        />
        <NumberField
          label="Exposure"
          after="percent"
          factor={100}
          value={stage.exposureShare}
          onChange={(share) => change({ exposureShare: share ?? 0 })}
          error={problem?.faultAt(`${pointer}/exposureShare`)}
        />
        <LengthField
          label="Hold for a time"
          value={hold.time}
          onChange={(time) => changeHold({ time })}
          error={problem?.faultAt(`${pointer}/hold/time`) ?? problem?.faultAt(`${pointer}/hold`)}
        />
        <NumberField
          label="Hold for units"
          placeholder="none"
          value={hold.sample}
          onChange={(sample) => changeHold({ sample: sample === null ? null : Math.round(sample) })}
          error={problem?.faultAt(`${pointer}/hold/sample`)}
        />
        <Select
          label="Hold for the yes of"
          options={approvers}
          value={approvers.find(({ value }) => value === hold.approval?.by)?.value ?? nobody}
          onChange={(by) => changeHold({ approval: by === nobody ? null : { by } })}
          error={problem?.faultAt(`${pointer}/hold/approval/by`)}
        />
        <div className="flex items-end pb-1.5">
          <Checkbox
            label="Every guard read in it"
            checked={hold.guards}
            onChange={(guards) => changeHold({ guards })}
          />
        </div>
      </div>
      <StageTargeting {...props} attributes={attributes} onWhen={(when) => change({ when })} />
    </div>
  );
}
