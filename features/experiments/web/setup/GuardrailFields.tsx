import { Button, Card, Checkbox, IconButton, Select } from "@paceline/web-kit";
import { Plus, Trash2 } from "lucide-react";

import type { MetricDocument } from "../../api.ts";
import { guardrailFor } from "./defaults.ts";
import type { Guardrail } from "./defaults.ts";
import { directions, scales, sizeUnit } from "./fields.ts";
import type { CriterionFields } from "./fields.ts";
import { NumberField } from "./NumberField.tsx";

const breaches = [
  { value: "rollback", label: "Roll back" },
  { value: "hold", label: "Hold" },
  { value: "warn", label: "Only warn" },
] as const;

/** What must not get worse, and what is only watched. */
export function GuardrailFields(props: CriterionFields) {
  const { criterion, metrics, disabled, onChange } = props;
  const { guardrails, primary } = criterion;
  const taken = new Set([primary.metric, ...guardrails.map(({ metric }) => metric)]);
  const next = metrics.find(({ key }) => !taken.has(key));
  const set = (index: number, guardrail: Guardrail) =>
    onChange({ ...criterion, guardrails: guardrails.with(index, guardrail) });
  const secondary = criterion.secondary ?? [];
  return (
    <Card
      title="Guardrails"
      note="what must not get worse, and by how much at most"
      actions={
        !disabled &&
        next !== undefined && (
          <Button
            small
            icon={<Plus aria-hidden />}
            onClick={() =>
              onChange({ ...criterion, guardrails: [...guardrails, guardrailFor(next)] })
            }
          >
            Add a guardrail
          </Button>
        )
      }
    >
      <div className="flex flex-col gap-5">
        {guardrails.length === 0 && (
          <p className="text-fg2">
            None yet. Without a guardrail nothing but the primary metric itself can send it back.
          </p>
        )}
        {guardrails.map((guardrail, index) => (
          <GuardrailRow
            key={guardrail.metric}
            {...props}
            guardrail={guardrail}
            index={index}
            onGuardrail={(changed) => set(index, changed)}
            onRemove={() => onChange({ ...criterion, guardrails: guardrails.toSpliced(index, 1) })}
          />
        ))}
        <Secondary
          metrics={metrics.filter(({ key }) => !taken.has(key))}
          chosen={secondary.map(({ metric }) => metric)}
          disabled={disabled}
          onChange={(chosen) =>
            onChange({
              ...criterion,
              secondary: chosen.map(
                ({ key, statistic }) =>
                  secondary.find(({ metric }) => metric === key) ?? {
                    metric: key,
                    statistic,
                    direction: "increase",
                  },
              ),
            })
          }
        />
      </div>
    </Card>
  );
}

function GuardrailRow(
  props: CriterionFields & {
    guardrail: Guardrail;
    index: number;
    onGuardrail: (guardrail: Guardrail) => void;
    onRemove: () => void;
  },
) {
  const { guardrail, index, metrics, criterion, problem, pointer, disabled } = props;
  const change = (part: Partial<Guardrail>) => props.onGuardrail({ ...guardrail, ...part });
  const fault = (path: string) => problem?.faultAt(`${pointer}/guardrails/${index}${path}`);
  const others = new Set([
    criterion.primary.metric,
    ...criterion.guardrails.map(({ metric }) => metric),
  ]);
  const options = metrics.filter(({ key }) => key === guardrail.metric || !others.has(key));
  return (
    <fieldset className="grid gap-4 border-b border-line pb-5 sm:grid-cols-3">
      <legend className="sr-only">Guardrail {index + 1}</legend>
      <Select
        label="Metric"
        options={options.map(({ key, name }) => ({ value: key, label: name }))}
        value={guardrail.metric}
        disabled={disabled}
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
        value={guardrail.direction}
        disabled={disabled}
        onChange={(direction) => change({ direction })}
      />
      <Select
        label="Size is given"
        options={scales}
        value={guardrail.scale}
        disabled={disabled}
        onChange={(scale) => change({ scale })}
      />
      <NumberField
        label="Largest harm you accept"
        {...sizeUnit(guardrail.scale, guardrail.statistic)}
        disabled={disabled}
        value={guardrail.margin}
        onChange={(margin) => change({ margin })}
        error={fault("/margin")}
      />
      <NumberField
        label="Confidence"
        factor={100}
        after="%"
        disabled={disabled}
        value={guardrail.confidence}
        onChange={(confidence) => change({ confidence })}
        error={fault("/confidence")}
      />
      <div className="flex items-end gap-2">
        <div className="min-w-0 flex-1">
          <Select
            label="When breached"
            options={breaches}
            value={guardrail.onBreach}
            disabled={disabled}
            onChange={(onBreach) => change({ onBreach })}
          />
        </div>
        {!disabled && (
          <IconButton
            label={`Remove guardrail ${guardrail.metric}`}
            icon={<Trash2 aria-hidden />}
            onClick={props.onRemove}
          />
        )}
      </div>
    </fieldset>
  );
}

function Secondary(props: {
  metrics: readonly MetricDocument[];
  chosen: readonly string[];
  disabled: boolean;
  onChange: (chosen: readonly MetricDocument[]) => void;
}) {
  const { metrics, chosen, disabled, onChange } = props;
  if (metrics.length === 0) return null;
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1.5 font-medium">
        Also watched <span className="font-normal text-fg3">shown, and never decides</span>
      </legend>
      {metrics.map((metric) => (
        <Checkbox
          key={metric.key}
          label={metric.name}
          disabled={disabled}
          checked={chosen.includes(metric.key)}
          onChange={(checked) =>
            onChange(
              metrics.filter(({ key }) => (key === metric.key ? checked : chosen.includes(key))),
            )
          }
        />
      ))}
    </fieldset>
  );
}
