import {
  Button,
  Dialog,
  ErrorState,
  Select,
  TextField,
  apiClient,
  asProblem,
  useCommand,
} from "@paceline/web-kit";
import { useState } from "react";

import type { MetricDocument } from "../../api.ts";
import { metricsQuery } from "../queries.ts";
import { keyOf } from "./defaults.ts";

type Kind = "any" | "count" | "sum" | "ratio";

const kinds = [
  { value: "any", label: "Share of units that send it" },
  { value: "count", label: "Times it is sent per unit" },
  { value: "sum", label: "Sum of a property per unit" },
  { value: "ratio", label: "Times it is sent, per other event" },
] as const;
const formats = [
  { value: "number", label: "Number" },
  { value: "percent", label: "Percent" },
  { value: "currency:USD", label: "US dollars" },
  { value: "currency:EUR", label: "Euros" },
  { value: "currency:GBP", label: "Pounds" },
] as const;

type Draft = {
  name: string;
  event: string;
  kind: Kind;
  property: string;
  other: string;
  format: (typeof formats)[number]["value"];
};

function definitionOf(draft: Draft): Omit<MetricDocument, "key"> {
  const { name, event, kind, property, other, format } = draft;
  const count = (measured: string) => ({
    event: measured,
    aggregation: "count" as const,
    property: null,
  });
  return {
    name,
    description: "",
    format,
    statistic: kind === "any" ? "proportion" : kind === "ratio" ? "ratio" : "mean",
    numerator:
      kind === "sum"
        ? { event, aggregation: "sum", property }
        : kind === "any"
          ? { event, aggregation: "any", property: null }
          : count(event),
    denominator: kind === "ratio" ? count(other) : null,
  };
}

/** Defines what is measured per unit, without leaving the page. */
export function MetricDialog(props: {
  onClose: () => void;
  onDefined: (metric: MetricDocument) => void;
}) {
  const { onClose, onDefined } = props;
  const [draft, setDraft] = useState<Draft>({
    name: "",
    event: "",
    kind: "any",
    property: "",
    other: "",
    format: "percent",
  });
  const change = (part: Partial<Draft>) => setDraft({ ...draft, ...part });
  const key = keyOf(draft.name);
  const define = useCommand({
    run: () =>
      apiClient.put<MetricDocument>(`/metrics/${encodeURIComponent(key)}`, definitionOf(draft)),
    refresh: [metricsQuery.queryKey],
    done: "Metric defined",
    inline: true,
    onDone: (metric) => {
      onDefined(metric);
      onClose();
    },
  });
  const problem = define.isError ? asProblem(define.error) : undefined;
  return (
    <Dialog open onOpenChange={onClose} title="Define a metric">
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          define.mutate(undefined);
        }}
      >
        {problem !== undefined && <ErrorState inline error={problem} />}
        <TextField
          label="Name"
          required
          value={draft.name}
          onChange={(name) => change({ name })}
          hint={
            key === "" ? (
              "Such as Orders per checkout start"
            ) : (
              <>
                Key <code className="font-mono">{key}</code>
              </>
            )
          }
        />
        <TextField
          label="Event"
          required
          hint="Its name as it is sent, such as Order Completed"
          value={draft.event}
          onChange={(event) => change({ event })}
        />
        <Select
          label="Measured"
          options={kinds}
          value={draft.kind}
          onChange={(kind) =>
            change({ kind, format: kind === "any" || kind === "ratio" ? "percent" : "number" })
          }
        />
        {draft.kind === "sum" && (
          <TextField
            label="Property"
            required
            hint="Numeric, such as revenue"
            value={draft.property}
            onChange={(property) => change({ property })}
          />
        )}
        {draft.kind === "ratio" && (
          <TextField
            label="Per event"
            required
            value={draft.other}
            onChange={(other) => change({ other })}
          />
        )}
        <Select
          label="Shown as"
          options={formats}
          value={draft.format}
          onChange={(format) => change({ format })}
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" disabled={key === ""} busy={define.isPending}>
            Define metric
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
