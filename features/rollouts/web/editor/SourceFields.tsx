import { Select, TextField } from "@paceline/web-kit";
import type { ApiProblem } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";

import type {
  AlertSource,
  EventMetricSource,
  GuardSource,
  NoDataSource,
  SeriesThresholdSource,
} from "../../domain/guard.ts";
import { metricsQuery } from "../plan-queries.ts";
import { NumberField } from "./NumberField.tsx";

type Part<Source> = {
  readonly source: Source;
  readonly pointer: string;
  readonly problem: ApiProblem | undefined;
  readonly onChange: (source: GuardSource) => void;
};

/** The numbers and names of one kind of guard. */
export function SourceFields(props: Part<GuardSource>) {
  const { source, ...rest } = props;
  switch (source.kind) {
    case "event-metric":
      return <MetricFields {...rest} source={source} />;
    case "series-threshold":
      return <SeriesFields {...rest} source={source} />;
    case "no-data":
      return <ArrivalFields {...rest} source={source} />;
    case "alert":
      return <AlertFields {...rest} source={source} />;
    case "multiple-exposure":
      return (
        <NumberField
          label="From this share on"
          after="percent"
          factor={100}
          value={source.maxShare}
          onChange={(maxShare) => rest.onChange({ ...source, maxShare: maxShare ?? 0 })}
          error={rest.problem?.faultAt(`${rest.pointer}/maxShare`)}
        />
      );
    case "sample-ratio":
      return null;
  }
}

function MetricFields(props: Part<EventMetricSource>) {
  const { source, pointer, problem, onChange } = props;
  const metrics = useQuery(metricsQuery);
  const isRelative = source.scale === "relative";
  return (
    <>
      <Select
        label="Metric"
        options={(metrics.data?.items ?? []).map(({ key, name }) => ({ value: key, label: name }))}
        value={source.metric === "" ? null : source.metric}
        onChange={(metric) => onChange({ ...source, metric })}
        error={problem?.faultAt(`${pointer}/metric`)}
      />
      <Select
        label="Better when it"
        options={[
          { value: "increase", label: "Rises" },
          { value: "decrease", label: "Falls" },
        ]}
        value={source.direction}
        onChange={(direction) => onChange({ ...source, direction })}
      />
      <NumberField
        label="Largest harm accepted"
        after={isRelative ? "percent" : "units"}
        factor={isRelative ? 100 : 1}
        value={source.margin}
        onChange={(margin) => onChange({ ...source, margin: margin ?? 0 })}
        error={problem?.faultAt(`${pointer}/margin`)}
      />
      <Select
        label="Measured"
        options={[
          { value: "relative", label: "Against control" },
          { value: "absolute", label: "In the metric's unit" },
        ]}
        value={source.scale}
        onChange={(scale) => onChange({ ...source, scale })}
      />
      <NumberField
        label="Events count for"
        after="hours"
        value={source.windowHours}
        onChange={(windowHours) => onChange({ ...source, windowHours: windowHours ?? 0 })}
        error={problem?.faultAt(`${pointer}/windowHours`)}
      />
      <NumberField
        label="Least units of each side"
        value={source.minimumUnits}
        onChange={(units) => onChange({ ...source, minimumUnits: Math.round(units ?? 0) })}
        error={problem?.faultAt(`${pointer}/minimumUnits`)}
      />
    </>
  );
}

function textOrNull(text: string): string | null {
  return text === "" ? null : text;
}

function SeriesFields(props: Part<SeriesThresholdSource>) {
  const { source, pointer, problem, onChange } = props;
  return (
    <>
      <TextField
        label="Event"
        placeholder="every event"
        value={source.events.event ?? ""}
        onChange={(event) =>
          onChange({ ...source, events: { ...source.events, event: textOrNull(event) } })
        }
        error={problem?.faultAt(`${pointer}/events/event`)}
      />
      <TextField
        label="For each"
        placeholder="not divided"
        value={source.per?.event ?? ""}
        onChange={(event) =>
          onChange({ ...source, per: event === "" ? null : { type: null, event } })
        }
        error={problem?.faultAt(`${pointer}/per`)}
      />
      <Select
        label="Among"
        options={[
          { value: "everybody", label: "Everybody" },
          { value: "exposed", label: "Exposed units" },
        ]}
        value={source.who}
        onChange={(who) => onChange({ ...source, who })}
        error={problem?.faultAt(`${pointer}/who`)}
      />
      <Select
        label="Is"
        options={[
          { value: "above", label: "Above" },
          { value: "below", label: "Below" },
        ]}
        value={source.comparison}
        onChange={(comparison) => onChange({ ...source, comparison })}
      />
      <NumberField
        label="Threshold"
        value={source.threshold}
        onChange={(threshold) => onChange({ ...source, threshold: threshold ?? 0 })}
        error={problem?.faultAt(`${pointer}/threshold`)}
      />
      <NumberField
        label="For"
        after="seconds"
        value={source.forSeconds}
        onChange={(forSeconds) => onChange({ ...source, forSeconds: Math.round(forSeconds ?? 0) })}
        error={problem?.faultAt(`${pointer}/forSeconds`)}
      />
      <NumberField
        label="In buckets of"
        after="seconds"
        value={source.bucketSeconds}
        onChange={(bucket) => onChange({ ...source, bucketSeconds: Math.round(bucket ?? 0) })}
        error={problem?.faultAt(`${pointer}/bucketSeconds`)}
      />
    </>
  );
}

function ArrivalFields(props: Part<NoDataSource>) {
  const { source, pointer, problem, onChange } = props;
  return (
    <>
      <TextField
        label="Event"
        placeholder="every event"
        value={source.events.event ?? ""}
        onChange={(event) =>
          onChange({ ...source, events: { ...source.events, event: textOrNull(event) } })
        }
        error={problem?.faultAt(`${pointer}/events/event`)}
      />
      <NumberField
        label="Silent for"
        after="seconds"
        value={source.forSeconds}
        onChange={(forSeconds) => onChange({ ...source, forSeconds: Math.round(forSeconds ?? 0) })}
        error={problem?.faultAt(`${pointer}/forSeconds`)}
      />
      <NumberField
        label="Normal in a minute"
        placeholder="any at all"
        value={source.expectedPerMinute}
        onChange={(expectedPerMinute) => onChange({ ...source, expectedPerMinute })}
        error={problem?.faultAt(`${pointer}/expectedPerMinute`)}
      />
    </>
  );
}

/** Labels that all must hold; written as `label=value`, one a line would be too wide for a row. */
function AlertFields(props: Part<AlertSource>) {
  const { source, pointer, problem, onChange } = props;
  const [matcher] = source.matchers;
  if (matcher === undefined || matcher.operator === "in" || source.matchers.length > 1) {
    return <p className="text-small text-fg2 sm:col-span-3">Its labels are kept as they are.</p>;
  }
  const change = (more: Partial<typeof matcher>) =>
    onChange({ ...source, matchers: [{ ...matcher, ...more }] });
  return (
    <>
      <TextField
        label="Label of the alert"
        value={matcher.label}
        onChange={(label) => change({ label })}
        error={problem?.faultAt(`${pointer}/matchers/0/label`)}
      />
      <Select
        label="Is"
        options={[
          { value: "equals", label: "Equal to" },
          { value: "not-equals", label: "Not equal to" },
        ]}
        value={matcher.operator}
        onChange={(operator) => change({ operator })}
      />
      <TextField
        label="Value"
        value={matcher.value}
        onChange={(value) => change({ value })}
        error={problem?.faultAt(`${pointer}/matchers/0/value`)}
      />
    </>
  );
}
