import { TextField } from "@paceline/web-kit";
import type { FieldFrame } from "@paceline/web-kit";
import { useState } from "react";

const precise = 12;

/** A number as it is typed; `factor` 100 shows a share as percent. Empty text is null. */
export function NumberField(
  props: FieldFrame & {
    value: number | null;
    onChange: (value: number | null) => void;
    factor?: number | undefined;
    after?: string | undefined;
    placeholder?: string | undefined;
  },
) {
  const { value, onChange, factor = 1, after, placeholder, ...frame } = props;
  const shown = value === null ? "" : String(Number((value * factor).toPrecision(precise)));
  const [typed, setTyped] = useState<string>();
  const same =
    typed !== undefined && (typed === "" ? shown === "" : Number(typed) === Number(shown));
  return (
    <TextField
      {...frame}
      type="number"
      inputMode="decimal"
      min={0}
      step="any"
      after={after}
      placeholder={placeholder}
      value={same ? typed : shown}
      onChange={(text) => {
        setTyped(text);
        onChange(text === "" ? null : Number(text) / factor);
      }}
    />
  );
}
