import { Button, Card, Select, TextArea, TextField } from "@paceline/web-kit";
import { Plus } from "lucide-react";

import type { Primary } from "./defaults.ts";
import { DesignFields } from "./DesignFields.tsx";
import { directions, scales, sizeUnit } from "./fields.ts";
import type { CriterionFields } from "./fields.ts";
import { GuardrailFields } from "./GuardrailFields.tsx";
import { NumberField } from "./NumberField.tsx";

/** What will count as success, in the order in which people think of it. */
export function CriterionForm(props: CriterionFields & { onDefineMetric: () => void }) {
  const { criterion, problem, pointer, disabled, onChange, onDefineMetric } = props;
  const fault = (path: string) => problem?.faultAt(`${pointer}${path}`);
  return (
    <>
      <Card title="Hypothesis">
        <div className="flex flex-col gap-4">
          <TextArea
            label="What you expect, and why"
            required
            minLength={10}
            disabled={disabled}
            placeholder="If payment and delivery share one page, more visitors finish checkout, because …"
            value={criterion.hypothesis}
            onChange={(hypothesis) => onChange({ ...criterion, hypothesis })}
            error={fault("/hypothesis")}
          />
          <div className="max-w-56">
            <TextField
              label="Unit"
              required
              hint="What is randomized, such as customer"
              disabled={disabled}
              value={criterion.unit}
              onChange={(unit) => onChange({ ...criterion, unit })}
              error={fault("/unit")}
            />
          </div>
        </div>
      </Card>
      <Card
        title="Success"
        note="the one metric that decides"
        actions={
          !disabled && (
            <Button small icon={<Plus aria-hidden />} onClick={onDefineMetric}>
              Define a metric
            </Button>
          )
        }
      >
        <PrimaryFields {...props} />
      </Card>
      <GuardrailFields {...props} />
      <DesignFields {...props} />
    </>
  );
}

function PrimaryFields(props: CriterionFields) {
  const { criterion, metrics, problem, pointer, disabled, onChange } = props;
  const { primary } = criterion;
  const change = (part: Partial<Primary>) =>
    onChange({ ...criterion, primary: { ...primary, ...part } });
  const fault = (path: string) => problem?.faultAt(`${pointer}/primary${path}`);
  const unit = sizeUnit(primary.scale, primary.statistic);
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      <Select
        label="Metric"
        options={metrics.map(({ key, name }) => ({ value: key, label: name }))}
        value={primary.metric === "" ? null : primary.metric}
        disabled={disabled}
        placeholder={metrics.length === 0 ? "Define one first" : "Choose"}
        onChange={(key) =>
          change({
            metric: key,
            statistic: metrics.find((metric) => metric.key === key)?.statistic ?? "mean",
          })
        }
        error={fault("/metric")}
      />
      <Select
        label="Direction"
        options={directions}
        value={primary.direction}
        disabled={disabled}
        onChange={(direction) => change({ direction })}
      />
      <Select
        label="Sizes are given"
        options={scales}
        value={primary.scale}
        disabled={disabled}
        onChange={(scale) => change({ scale })}
      />
      <NumberField
        label="Success is a change of more than"
        {...unit}
        disabled={disabled}
        value={primary.successAtLeast}
        onChange={(successAtLeast) => change({ successAtLeast })}
        error={fault("/successAtLeast")}
      />
      <NumberField
        label="Effect the sample is planned for"
        hint="Larger than the one above"
        {...unit}
        disabled={disabled}
        value={primary.mde}
        onChange={(mde) => change({ mde })}
        error={fault("/mde")}
      />
      <div className="grid grid-cols-2 gap-4">
        <NumberField
          label="Confidence"
          factor={100}
          after="%"
          disabled={disabled}
          value={primary.confidence}
          onChange={(confidence) => change({ confidence })}
          error={fault("/confidence")}
        />
        <NumberField
          label="Power"
          factor={100}
          after="%"
          disabled={disabled}
          value={primary.power}
          onChange={(power) => change({ power })}
          error={fault("/power")}
        />
      </div>
    </div>
  );
}
