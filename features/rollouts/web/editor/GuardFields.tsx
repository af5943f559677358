import { Button, Card, EmptyState, IconButton, Select, TextField } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Plus, ShieldCheck, Trash2 } from "lucide-react";
import { useState } from "react";

import { GUARD_ACTIONS } from "../../domain/guard.ts";
import type { Guard, GuardSource } from "../../domain/guard.ts";
import { metricsQuery } from "../plan-queries.ts";
import { actionNames, guardWords } from "../plan-words.ts";
import type { FormProps } from "./fields.ts";
import { newSource, sourceNames, withGuard, withGuardAt, withoutGuard } from "./form.ts";
import { SourceFields } from "./SourceFields.tsx";

const kinds = [
  "event-metric",
  "series-threshold",
  "sample-ratio",
  "no-data",
  "multiple-exposure",
  "alert",
] as const satisfies readonly GuardSource["kind"][];
const kindOptions = kinds.map((kind) => ({ value: kind, label: sourceNames[kind] }));
const actionOptions = GUARD_ACTIONS.map((action) => ({
  value: action,
  label: actionNames[action],
}));

/** The guards of a plan, each read back as the sentence that it means. */
export function GuardFields(props: FormProps) {
  const { form, onChange } = props;
  const metrics = useQuery(metricsQuery);
  const [kind, setKind] = useState<GuardSource["kind"]>("sample-ratio");
  const first = metrics.data?.items[0]?.key ?? "";
  return (
    <Card title="Guards" note="read every few seconds while it runs" flush>
      {form.guards.length === 0 ? (
        <EmptyState icon={<ShieldCheck />} title="No guard watches it">
          Time and people alone move it then.
        </EmptyState>
      ) : (
        <ul className="divide-y divide-line">
          {form.guards.map((guard, index) => (
            <li key={guard.id} className="card-p">
              <OneGuard {...props} guard={guard} index={index} metric={first} />
            </li>
          ))}
        </ul>
      )}
      <div className="card-px flex flex-wrap items-center gap-3 border-t border-line py-3">
        <div className="w-60">
          <Select
            label="Kind of guard"
            hideLabel
            options={kindOptions}
            value={kind}
            onChange={setKind}
          />
        </div>
        <Button icon={<Plus aria-hidden />} onClick={() => onChange(withGuard(form, kind, first))}>
          Add this guard
        </Button>
      </div>
    </Card>
  );
}

function OneGuard(props: FormProps & { guard: Guard; index: number; metric: string }) {
  const { form, onChange, problem, guard, index, metric } = props;
  const pointer = `/guards/${index}`;
  const change = (more: Partial<Guard>) => onChange(withGuardAt(form, index, more));
  return (
    <div className="flex flex-col gap-3">
      <div className="flex items-start justify-between gap-2">
        <p className="font-medium">{guardWords(guard.source)}.</p>
        <IconButton
          small
          label={`Take out the guard ${guard.name}`}
          icon={<Trash2 aria-hidden />}
          onClick={() => onChange(withoutGuard(form, index))}
        />
      </div>
      <div className="grid gap-3 sm:grid-cols-3">
        <TextField
          label="Name"
          value={guard.name}
          onChange={(name) => change({ name })}
          error={problem?.faultAt(`${pointer}/name`)}
        />
        <Select
          label="Broken when"
          options={kindOptions}
          value={guard.source.kind}
          onChange={(kind) => change({ source: newSource(kind, metric) })}
          error={problem?.faultAt(`${pointer}/source/kind`)}
        />
        <Select
          label="Then"
          options={actionOptions}
          value={guard.action}
          onChange={(action) => change({ action })}
          error={problem?.faultAt(`${pointer}/action`)}
        />
        <SourceFields
          source={guard.source}
          pointer={`${pointer}/source`}
          problem={problem}
          onChange={(source) => change({ source })}
        />
      </div>
    </div>
  );
}
