import { Button, Card, IconButton, Select, TextField } from "@paceline/web-kit";
import { Plus, Trash2 } from "lucide-react";

import type { PlanWindow } from "../../domain/plan.ts";
import { recurrenceWords, windowWords } from "../plan-words.ts";
import type { FormProps } from "./fields.ts";
import { withWindowAt } from "./form.ts";
import { LengthField } from "./LengthField.tsx";

const noon = 12;

function capitalized(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A first window: from tomorrow's noon, in the zone of whoever writes it. */
function newWindow(now: Date): PlanWindow {
  const day = new Date(now.getTime() + 86_400_000).toISOString().slice(0, "2026-01-01".length);
  return {
    kind: "freeze",
    name: "Freeze",
    startsAt: `${day}T${noon}:00`,
    timeZone: new Intl.DateTimeFormat("en").resolvedOptions().timeZone,
    lasts: "PT8H",
    recurrence: null,
  };
}

const weekdays = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR";
const once = "";
const again = [
  { value: once, label: "Once" },
  { value: "FREQ=DAILY", label: "Every day" },
  { value: weekdays, label: "On weekdays" },
  { value: "FREQ=WEEKLY", label: "Every week" },
  { value: "FREQ=YEARLY", label: "Every year" },
] as const;

/** When stages may begin, and when none does. */
export function WindowFields(props: FormProps) {
  const { form, onChange } = props;
  return (
    <Card title="Windows" note="a closed window changes nothing that is served" flush>
      {form.windows.length > 0 && (
        <ul className="divide-y divide-line">
          {form.windows.map((window, index) => (
            <li key={index} className="card-p">
              <OneWindow {...props} window={window} index={index} />
            </li>
          ))}
        </ul>
      )}
      <div className="card-px flex flex-wrap items-center gap-3 border-t border-line py-3 first:border-t-0">
        <Button
          small
          icon={<Plus aria-hidden />}
          onClick={() => onChange({ ...form, windows: [...form.windows, newWindow(new Date())] })}
        >
          Add a window
        </Button>
        {form.windows.length === 0 && (
          <span className="text-small text-fg2">Without one, stages begin at any hour.</span>
        )}
      </div>
    </Card>
  );
}

function OneWindow(props: FormProps & { window: PlanWindow; index: number }) {
  const { form, onChange, problem, window, index } = props;
  const fault = (field: string) => problem?.faultAt(`/windows/${index}/${field}`);
  const change = (more: Partial<PlanWindow>) => onChange(withWindowAt(form, index, more));
  const own = window.recurrence !== null && !again.some(({ value }) => value === window.recurrence);
  return (
    <div className="flex flex-col gap-3">
      <div className="flex items-start justify-between gap-2">
        <p className="min-w-0 font-medium break-words">{windowWords(window)}.</p>
        <IconButton
          small
          label={`Take out the window ${window.name}`}
          icon={<Trash2 aria-hidden />}
          onClick={() => onChange(withWindowAt(form, index, null))}
        />
      </div>
      <div className="grid gap-3 sm:grid-cols-3">
        <Select
          label="Stages"
          options={[
            { value: "open", label: "May begin in it" },
            { value: "freeze", label: "Never begin in it" },
          ]}
          value={window.kind}
          onChange={(kind) => change({ kind })}
        />
        <TextField
          label="Name"
          value={window.name}
          onChange={(name) => change({ name })}
          error={fault("name")}
        />
        <TextField
          label="Starts"
          type="datetime-local"
          value={window.startsAt}
          onChange={(startsAt) => change({ startsAt })}
          error={fault("startsAt")}
        />
        <TextField
          label="Time zone"
          value={window.timeZone}
          onChange={(timeZone) => change({ timeZone })}
          error={fault("timeZone")}
        />
        <LengthField
          label="Lasts"
          value={window.lasts}
          onChange={(lasts) => change({ lasts: lasts ?? "" })}
          error={fault("lasts")}
        />
        <Select
          label="Again"
          options={
            own
              ? [
                  ...again,
                  {
                    value: window.recurrence ?? once,
                    label: capitalized(recurrenceWords(window.recurrence)),
                  },
                ]
              : again
          }
          value={window.recurrence ?? once}
          onChange={(rule) => change({ recurrence: rule === once ? null : rule })}
          error={fault("recurrence")}
        />
      </div>
    </div>
  );
}
