import { Card, Checkbox, Notice, Select } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";

import { metricsQuery } from "../plan-queries.ts";
import { guardWords } from "../plan-words.ts";
import type { FormProps } from "./fields.ts";
import { hasGuard, withGuard, withGuardAt } from "./form.ts";
import type { PlanForm } from "./form.ts";
import { useRulesInForce } from "./TargetFields.tsx";

function without(form: PlanForm, kind: PlanForm["guards"][number]["source"]["kind"]): PlanForm {
  return { ...form, guards: form.guards.filter(({ source }) => source.kind !== kind) };
}

/** The two guards that most rollouts want, as yes or no; all others are in the advanced form. */
export function SimpleGuards(props: FormProps) {
  const { form, onChange } = props;
  const metrics = useQuery(metricsQuery);
  const { rules } = useRulesInForce(props);
  const rule = rules.find(({ id }) => id === form.ruleId);
  const keys = (metrics.data?.items ?? []).map(({ key, name }) => ({ value: key, label: name }));
  const index = form.guards.findIndex(({ source }) => source.kind === "event-metric");
  const guard = form.guards[index];
  const others = form.guards.filter(
    ({ source }) => source.kind !== "event-metric" && source.kind !== "sample-ratio",
  );
  const toggle = (kind: "sample-ratio" | "event-metric", on: boolean) =>
    onChange(on ? withGuard(form, kind, keys[0]?.value ?? "") : without(form, kind));
  return (
    <Card title="Guards" note="what must not happen while more people are exposed">
      <div className="flex flex-col gap-4">
        {rule !== undefined && !rule.recordExposure && (
          <Notice tone="caution" title="The rule records no exposures.">
            Guards that compare need them: let the rule record exposures first.
          </Notice>
        )}
        <Checkbox
          label="Hold if exposed and held-back units do not come in the planned shares"
          hint="The assignment or its recording would be broken then."
          checked={hasGuard(form, "sample-ratio")}
          onChange={(on) => toggle("sample-ratio", on)}
        />
        <Checkbox
          label="Roll back if a metric is harmed"
          hint={
            keys.length === 0
              ? "No metric is defined yet."
              : "Compared with units of the same rule that are held back; false alarms stay below 5%."
          }
          disabled={keys.length === 0}
          checked={guard !== undefined}
          onChange={(on) => toggle("event-metric", on)}
        />
        {guard?.source.kind === "event-metric" && (
          <MetricOf {...props} index={index} keys={keys} source={guard.source} />
        )}
        {others.map(({ id, name, source }) => (
          <p key={id} className="text-small text-fg2">
            {name}: {guardWords(source)}.
          </p>
        ))}
      </div>
    </Card>
  );
}

function MetricOf(
  props: FormProps & {
    index: number;
    keys: readonly { readonly value: string; readonly label: string }[];
    source: Extract<PlanForm["guards"][number]["source"], { kind: "event-metric" }>;
  },
) {
  const { form, onChange, problem, index, keys, source } = props;
  const change = (more: Partial<typeof source>) =>
    onChange(withGuardAt(form, index, { source: { ...source, ...more } }));
  return (
    <div className="grid gap-4 pl-6.5 sm:grid-cols-2">
      <Select
        label="Metric"
        options={keys}
        value={source.metric}
        onChange={(metric) => change({ metric })}
        error={problem?.faultAt(`/guards/${index}/source/metric`)}
      />
      <Select
        label="Better when it"
        hint={`${guardWords(source)}.`}
        options={[
          { value: "increase", label: "Rises" },
          { value: "decrease", label: "Falls" },
        ]}
        value={source.direction}
        onChange={(direction) => change({ direction })}
      />
    </div>
  );
}
