import { TextField } from "@paceline/web-kit";
import { useState } from "react";

import { lengthText, readLength } from "./length.ts";

/** A length of time as people say it; empty is none. */
export function LengthField(props: {
  label: string;
  value: string | null;
  onChange: (value: string | null) => void;
  error: string | undefined;
}) {
  const { label, value, onChange, error } = props;
  const [typed, setTyped] = useState<string>();
  const read = typed === undefined || typed.trim() === "" ? null : readLength(typed);
  return (
    <TextField
      label={label}
      placeholder="none"
      hint="Such as 30 min, 4 h or 2 days"
      error={error}
      value={
        typed !== undefined && read === value ? typed : value === null ? "" : lengthText(value)
      }
      onChange={(text) => {
        setTyped(text);
        onChange(text.trim() === "" ? null : readLength(text));
      }}
    />
  );
}
