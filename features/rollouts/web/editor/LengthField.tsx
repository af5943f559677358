import { TextField } from "@paceline/web-kit";

import { lengthWords } from "../plan-words.ts";

/** An ISO 8601 duration, read back in words; empty is none. */
export function LengthField(props: {
  label: string;
  value: string | null;
  onChange: (value: string | null) => void;
  error: string | undefined;
}) {
  const { label, value, onChange, error } = props;
  const words = value === null ? "none" : lengthWords(value);
  return (
    <TextField
      label={label}
      mono
      placeholder="PT4H"
      hint={words === value ? "As PT4H, P1D or P1DT12H" : words}
      error={error}
      value={value ?? ""}
      onChange={(text) => onChange(text.trim() === "" ? null : text.trim().toUpperCase())}
    />
  );
}
