import { TextField } from "@paceline/web-kit";
import { useState } from "react";

import type { Comparison } from "../../domain/condition.ts";
import { readValue, writeValue } from "./edit.ts";

/** The value as it is typed; what was typed stays, also where it reads as something shorter. */
export function ValueField(props: {
  label: string;
  placeholder: string;
  comparison: Comparison;
  disabled: boolean;
  error: string | undefined;
  onChange: (comparison: Comparison) => void;
}) {
  const { label, placeholder, comparison, disabled, error, onChange } = props;
  const [typed, setTyped] = useState(() => writeValue(comparison));
  const read = JSON.stringify(readValue(comparison.operator, typed));
  const text = read === JSON.stringify(comparison.value) ? typed : writeValue(comparison);
  return (
    <TextField
      label={label}
      hideLabel
      mono
      placeholder={placeholder}
      autoComplete="off"
      spellCheck={false}
      disabled={disabled}
      value={text}
      onChange={(next) => {
        setTyped(next);
        const { attribute, operator } = comparison;
        const value = readValue(operator, next);
        onChange(value === undefined ? { attribute, operator } : { attribute, operator, value });
      }}
      error={error}
    />
  );
}
