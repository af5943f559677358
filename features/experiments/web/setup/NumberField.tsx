import { TextField } from "@paceline/web-kit";
import type { FieldFrame } from "@paceline/web-kit";
import { useState } from "react";

const precise = 12;

/** A number as it is typed; `factor` 100 shows a share as percent. Unreadable text is NaN. */
export function NumberField(
  props: FieldFrame & {
    value: number;
    onChange: (value: number) => void;
    factor?: number | undefined;
    after?: string | undefined;
    min?: number | undefined;
    step?: number | "any" | undefined;
    disabled?: boolean | undefined;
  },
) {
  const { value, onChange, factor = 1, min, step = "any", after, disabled, ...frame } = props;
  const shown = Number.isFinite(value) ? String(Number((value * factor).toPrecision(precise))) : "";
  const [typed, setTyped] = useState<string>();
  const same = typed !== undefined && Number(typed) === Number(shown);
  return (
    <TextField
      {...frame}
      type="number"
      required
      inputMode="decimal"
      min={min}
      step={step}
      after={after}
      disabled={disabled}
      value={same ? typed : typed === "" ? "" : shown}
      onChange={(text) => {
        setTyped(text);
        onChange(text === "" ? Number.NaN : Number(text) / factor);
      }}
    />
  );
}
