import { Button, Card, IconButton, SegmentedControl, Select, TextField } from "@paceline/web-kit";
import { Plus, X } from "lucide-react";

import type { EventCatalog } from "../../api.ts";
import { eventKey, nameOf } from "../words.ts";
import { readSteps, writeSteps } from "./question.ts";
import type { Question } from "./question.ts";

const views = [
  { value: "series", label: "Series" },
  { value: "funnel", label: "Funnel" },
  { value: "retention", label: "Retention" },
  { value: "top", label: "Top" },
] as const;

const measures = [
  { value: "events", label: "How many events" },
  { value: "units", label: "How many people" },
  { value: "sum", label: "Sum of a property" },
  { value: "mean", label: "Mean of a property" },
] as const;

const times = [
  { value: "1", label: "Last 24 hours" },
  { value: "7", label: "Last 7 days" },
  { value: "30", label: "Last 30 days" },
  { value: "90", label: "Last 90 days" },
] as const;

const cells = [
  { value: "day", label: "By day" },
  { value: "week", label: "By week" },
  { value: "month", label: "By month" },
] as const;

const every = "";
const mostSteps = 8;
const fewestSteps = 2;

type Change = (change: Partial<Question>) => void;

/** What is asked; every choice is in the address, and the answer follows at once. */
export function QuestionForm(props: {
  question: Question;
  names: EventCatalog["events"];
  onChange: Change;
}) {
  const { question, names, onChange } = props;
  const { view, measure, property, split, days, cell } = question;
  const needsProperty = view === "series" && (measure === "sum" || measure === "mean");
  return (
    <Card title="Question">
      <div className="flex flex-col gap-4">
        <SegmentedControl
          label="Kind of answer"
          segments={views}
          value={view}
          onChange={(next) => onChange({ view: next })}
        />
        <Steps question={question} names={names} onChange={onChange} />
        {(view === "series" || view === "top") && (
          <Select
            label="Measure"
            options={view === "top" ? measures.slice(0, 2) : measures}
            value={view === "top" && measure !== "units" ? "events" : measure}
            onChange={(next) => onChange({ measure: next })}
          />
        )}
        {(needsProperty || view === "top") && (
          <TextField
            label={view === "top" ? "Values of property" : "Property"}
            hint={
              view === "top" ? "Empty ranks event names." : "A top-level number, such as revenue."
            }
            mono
            value={property}
            onChange={(next) => onChange({ property: next })}
          />
        )}
        {(view === "series" || view === "funnel") && (
          <TextField
            label="Split by property"
            optional
            hint={
              view === "funnel" ? "Of the event that enters." : "The five most frequent values."
            }
            mono
            value={split}
            onChange={(next) => onChange({ split: next })}
          />
        )}
        {view === "retention" && (
          <Select
            label="Cohorts"
            options={cells}
            value={cell}
            onChange={(next) => onChange({ cell: next })}
          />
        )}
        <Select
          label="Time"
          options={times}
          value={times.find(({ value }) => value === String(days))?.value ?? null}
          placeholder={`Last ${days} days`}
          onChange={(next) => onChange({ days: Number(next) })}
        />
      </div>
    </Card>
  );
}

function Steps(props: { question: Question; names: EventCatalog["events"]; onChange: Change }) {
  const { question, names, onChange } = props;
  const { view, of } = question;
  const steps = readSteps(of);
  const options = names
    .toSorted((one, other) => other.total - one.total)
    .map((name) => ({
      value: eventKey(name),
      label:
        name.type === "track" || name.event === ""
          ? nameOf(name)
          : `${nameOf(name)} (${name.type})`,
    }));
  const set = (place: number, value: string) =>
    onChange({ of: writeSteps(steps.with(place, value)) });
  const choice = (place: number, label: string, chosen = steps[place]) => (
    <div className="min-w-0 flex-1">
      <Select
        label={label}
        options={optionsWith(options, chosen)}
        value={chosen ?? null}
        onChange={(next) =>
          place < steps.length ? set(place, next) : onChange({ of: writeSteps([...steps, next]) })
        }
      />
    </div>
  );
  if (view === "retention")
    return (
      <>
        {choice(0, "First did")}
        {choice(1, "Came back to", steps[1] ?? steps[0])}
      </>
    );
  if (view === "top")
    return (
      <Select
        label="Event"
        options={[{ value: every, label: "Every event" }, ...optionsWith(options, steps[0])]}
        value={steps[0] ?? every}
        onChange={(next) => onChange({ of: next === every ? "" : writeSteps([next]) })}
      />
    );
  if (view !== "funnel") return choice(0, "Event");
  return (
    <div className="flex flex-col gap-2">
      {steps.map((step, place) => (
        <div key={`${place} ${step}`} className="flex items-end gap-1">
          {choice(place, `Step ${place + 1}`)}
          {steps.length > fewestSteps && (
            <IconButton
              label={`Remove step ${place + 1}`}
              icon={<X aria-hidden />}
              onClick={() => onChange({ of: writeSteps(steps.toSpliced(place, 1)) })}
            />
          )}
        </div>
      ))}
      {steps.length < mostSteps && (
        <Button
          small
          icon={<Plus aria-hidden />}
          onClick={() => {
            const next = options.find(({ value }) => !steps.includes(value)) ?? options[0];
            if (next !== undefined) onChange({ of: writeSteps([...steps, next.value]) });
          }}
        >
          Add a step
        </Button>
      )}
    </div>
  );
}

/** A name in the address stays choosable when it has not arrived lately. */
function optionsWith(
  options: readonly { value: string; label: string }[],
  value: string | undefined,
): readonly { value: string; label: string }[] {
  if (value === undefined || options.some((option) => option.value === value)) return options;
  return [{ value, label: value.slice(value.indexOf("/") + 1) }, ...options];
}
