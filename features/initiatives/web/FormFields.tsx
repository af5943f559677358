import { TextField, classes } from "@paceline/web-kit";
import type { FieldFrame } from "@paceline/web-kit";
import { useId, useState } from "react";

/** Yes, no, or not said yet. */
export function YesNo(props: {
  label: string;
  hint?: string | undefined;
  value: boolean | null;
  onChange: (value: boolean) => void;
}) {
  const { label, hint, value, onChange } = props;
  const name = useId();
  return (
    <fieldset
      className="min-w-0"
      aria-describedby={hint === undefined ? undefined : `${name}-note`}
    >
      <legend className="mb-1.5 font-medium">{label}</legend>
      <div className="flex gap-1.5">
        {[true, false].map((choice) => (
          <label
            key={String(choice)}
            className={classes(
              "flex h-8 min-w-14 items-center justify-center gap-2 rounded-control border px-3 has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-ring",
              value === choice
                ? "border-ink bg-ink font-medium text-on-ink"
                : "border-fg3 bg-surface hover:border-fg2",
            )}
          >
            <input
              type="radio"
              name={name}
              className="sr-only"
              checked={value === choice}
              onChange={() => onChange(choice)}
            />
            {choice ? "Yes" : "No"}
          </label>
        ))}
      </div>
      {hint !== undefined && (
        <p id={`${name}-note`} className="mt-1.5 text-small text-fg3">
          {hint}
        </p>
      )}
    </fieldset>
  );
}

function read(text: string): number | null {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : null;
}

/** A number that may be absent. The text stays as it is typed; another value replaces it. */
export function NumberField(
  props: FieldFrame & {
    value: number | null;
    onChange: (value: number | null) => void;
    unit: string;
    min?: number | undefined;
    max?: number | undefined;
    step?: number | "any" | undefined;
    /** What is typed is divided by it: 100 for a share typed in percent. */
    per?: number | undefined;
  },
) {
  const { value, onChange, unit, per = 1, step = 1, ...rest } = props;
  const [text, setText] = useState("");
  const typed = read(text);
  const same = (typed === null ? null : typed / per) === value;
  const shown = same ? text : value === null ? "" : String(Number((value * per).toPrecision(12)));
  return (
    <TextField
      {...rest}
      type="number"
      inputMode="decimal"
      step={step}
      after={unit}
      value={shown}
      onChange={(next) => {
        setText(next);
        const number = read(next);
        onChange(number === null ? null : number / per);
      }}
    />
  );
}
