import {
  Button,
  Checkbox,
  IconButton,
  SegmentedControl,
  Select,
  TextArea,
  TextField,
} from "@paceline/web-kit";
import { Plus, Trash2 } from "lucide-react";
import type { ReactNode } from "react";

import type { ArtifactContentsDocument } from "../api.ts";
import type { WrittenArtifact } from "../domain/artifacts.ts";
import { NumberField } from "./FormFields.tsx";
import { usePeople } from "./people.ts";

type Contents = ArtifactContentsDocument;
type EditorProps<K extends WrittenArtifact> = {
  value: Contents[K];
  onChange: (value: NonNullable<Contents[K]>) => void;
};

const relations = [
  { value: "reads", label: "Reads" },
  { value: "writes", label: "Writes" },
  { value: "triggers", label: "Triggers" },
] as const;
type Dependency = NonNullable<Contents["dependencyMap"]>["dependencies"][number];
const emptyDependency: Dependency = { system: "", relation: "reads", contact: "" };

export function HypothesisFields({ value, onChange }: EditorProps<"hypothesis">) {
  const hypothesis = value ?? {
    statement: "",
    metric: "",
    direction: "increase",
    minimumEffect: 0,
  };
  const set = (change: Partial<typeof hypothesis>) => onChange({ ...hypothesis, ...change });
  return (
    <div className="flex flex-col gap-3">
      <TextArea
        label="Hypothesis"
        hint="What you expect, and why: at least a sentence that could turn out wrong"
        maxLength={2_000}
        value={hypothesis.statement}
        onChange={(statement) => set({ statement })}
      />
      <div className="grid gap-3 sm:grid-cols-[1fr_auto_9rem] sm:items-start">
        <TextField
          label="Metric"
          mono
          placeholder="orders_per_checkout"
          maxLength={80}
          value={hypothesis.metric}
          onChange={(metric) => set({ metric })}
        />
        <div className="flex flex-col gap-1.5">
          <span aria-hidden className="font-medium">
            Direction
          </span>
          <SegmentedControl
            label="Direction"
            segments={[
              { value: "increase", label: "Up" },
              { value: "decrease", label: "Down" },
            ]}
            value={hypothesis.direction}
            onChange={(direction) => set({ direction })}
          />
        </div>
        <NumberField
          label="Smallest effect"
          unit="%"
          hint="That would count"
          per={100}
          step="any"
          min={0}
          value={hypothesis.minimumEffect === 0 ? null : hypothesis.minimumEffect}
          onChange={(minimumEffect) => set({ minimumEffect: minimumEffect ?? 0 })}
        />
      </div>
    </div>
  );
}

export function TelemetryFields({ value, onChange }: EditorProps<"telemetryPlan">) {
  return (
    <TextArea
      label="Telemetry plan"
      mono
      hint="Event names, one a line; each counts once it has arrived"
      placeholder={"Order Completed\nCheckout Started"}
      value={(value?.events ?? []).join("\n")}
      onChange={(text) => onChange({ events: text === "" ? [] : text.split("\n") })}
    />
  );
}

export function FlagFields({ value, onChange }: EditorProps<"featureFlag">) {
  return (
    <TextField
      label="Feature flag"
      mono
      placeholder="checkout.one_page"
      hint="The key of the flag that exposes it; the flag must exist to count"
      maxLength={200}
      value={value?.flagKey ?? ""}
      onChange={(flagKey) => onChange({ flagKey })}
    />
  );
}

/** Rows of the same shape, each removable, with one button that adds the next. */
function Rows<T>(props: {
  title: string;
  rows: readonly T[];
  empty: T;
  add: string;
  columns: string;
  onChange: (rows: T[]) => void;
  children: (row: T, set: (change: Partial<T>) => void, number: number) => ReactNode;
}) {
  const { title, empty, add, columns, onChange, children } = props;
  const rows = props.rows.length === 0 ? [empty] : props.rows;
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1.5 font-medium">{title}</legend>
      <div className="flex flex-col gap-2">
        {rows.map((row, index) => (
          <div key={index} className="flex items-start gap-2">
            <div className={`grid min-w-0 flex-1 gap-2 ${columns}`}>
              {children(
                row,
                (change) =>
                  onChange(rows.map((one, at) => (at === index ? { ...one, ...change } : one))),
                index + 1,
              )}
            </div>
            <IconButton
              label={`Remove row ${index + 1}`}
              icon={<Trash2 aria-hidden />}
              onClick={() => onChange(rows.filter((_, at) => at !== index))}
            />
          </div>
        ))}
        <div>
          <Button small icon={<Plus aria-hidden />} onClick={() => onChange([...rows, empty])}>
            {add}
          </Button>
        </div>
      </div>
    </fieldset>
  );
}

export function DependencyFields({ value, onChange }: EditorProps<"dependencyMap">) {
  return (
    <Rows
      title="Dependency map"
      add="Add a system"
      columns="sm:grid-cols-[1fr_7.5rem_1fr]"
      rows={value?.dependencies ?? []}
      empty={emptyDependency}
      onChange={(dependencies) => onChange({ dependencies })}
    >
      {(row, set, number) => (
        <>
          <TextField
            label={`System ${number}`}
            hideLabel
            placeholder="System"
            maxLength={120}
            value={row.system}
            onChange={(system) => set({ system })}
          />
          <Select
            label={`Relation ${number}`}
            hideLabel
            options={relations}
            value={row.relation}
            onChange={(relation) => set({ relation })}
          />
          <TextField
            label={`Contact ${number}`}
            hideLabel
            placeholder="Who to ask"
            maxLength={200}
            value={row.contact}
            onChange={(contact) => set({ contact })}
          />
        </>
      )}
    </Rows>
  );
}

export function RoadmapFields({ value, onChange }: EditorProps<"roadmap">) {
  return (
    <Rows
      title="Roadmap"
      add="Add a milestone"
      columns="sm:grid-cols-[1fr_9rem_1fr]"
      rows={value?.milestones ?? []}
      empty={{ title: "", dueOn: "", deliverable: "" }}
      onChange={(milestones) => onChange({ milestones })}
    >
      {(row, set, number) => (
        <>
          <TextField
            label={`Milestone ${number}`}
            hideLabel
            placeholder="Milestone"
            maxLength={200}
            value={row.title}
            onChange={(title) => set({ title })}
          />
          <TextField
            label={`Due on ${number}`}
            hideLabel
            type="date"
            value={row.dueOn}
            onChange={(dueOn) => set({ dueOn })}
          />
          <TextField
            label={`Deliverable ${number}`}
            hideLabel
            placeholder="What an auditor would see"
            maxLength={500}
            value={row.deliverable}
            onChange={(deliverable) => set({ deliverable })}
          />
        </>
      )}
    </Rows>
  );
}

export function ComplianceFields({ value, onChange }: EditorProps<"complianceEvidence">) {
  return (
    <Rows
      title="Compliance evidence"
      add="Add a document"
      columns="sm:grid-cols-[1fr_1.4fr]"
      rows={value?.documents ?? []}
      empty={{ title: "", sha256: "" }}
      onChange={(documents) => onChange({ documents })}
    >
      {(row, set, number) => (
        <>
          <TextField
            label={`Document ${number}`}
            hideLabel
            placeholder="Title of the document"
            maxLength={200}
            value={row.title}
            onChange={(title) => set({ title })}
          />
          <TextField
            label={`SHA-256 of document ${number}`}
            hideLabel
            mono
            placeholder="SHA-256, 64 hexadecimal digits"
            maxLength={64}
            value={row.sha256}
            onChange={(sha256) => set({ sha256: sha256.trim().toLowerCase() })}
          />
        </>
      )}
    </Rows>
  );
}

export function AutomationFields({ value, onChange }: EditorProps<"automationGoals">) {
  return (
    <Rows
      title="Automation goals"
      add="Add a goal"
      columns="sm:grid-cols-2"
      rows={value?.goals ?? []}
      empty={{ metric: "", target: "" }}
      onChange={(goals) => onChange({ goals })}
    >
      {(row, set, number) => (
        <>
          <TextField
            label={`Metric of goal ${number}`}
            hideLabel
            placeholder="Metric"
            maxLength={120}
            value={row.metric}
            onChange={(metric) => set({ metric })}
          />
          <TextField
            label={`Target of goal ${number}`}
            hideLabel
            placeholder="Target"
            maxLength={120}
            value={row.target}
            onChange={(target) => set({ target })}
          />
        </>
      )}
    </Rows>
  );
}

export function StaffingFields({ value, onChange }: EditorProps<"staffing">) {
  const { members } = usePeople();
  const people = value?.people ?? [];
  return (
    <fieldset>
      <legend className="mb-1.5 font-medium">Staffing</legend>
      <div className="grid gap-2 sm:grid-cols-2">
        {members.map(({ id, name, role }) => (
          <Checkbox
            key={id}
            label={`${name}, ${role}`}
            checked={people.includes(id)}
            onChange={(on) =>
              onChange({ people: on ? [...people, id] : people.filter((one) => one !== id) })
            }
          />
        ))}
      </div>
    </fieldset>
  );
}
