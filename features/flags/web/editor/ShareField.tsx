import { TextField } from "@paceline/web-kit";
import { useState } from "react";

const DIGITS = 4;

function percentOf(share: number): string {
  return String(Number((share * 100).toFixed(DIGITS)));
}

/** A share of 1 as percent; what cannot be read as a number is kept and changes nothing. */
export function ShareField(props: {
  label: string;
  share: number;
  disabled?: boolean | undefined;
  error?: string | undefined;
  onChange: (share: number) => void;
}) {
  const { label, share, disabled, error, onChange } = props;
  const [typed, setTyped] = useState<string | null>(null);
  return (
    <div className="w-28">
      <TextField
        label={label}
        hideLabel
        inputMode="decimal"
        after="%"
        className="pr-7 text-right tabular-nums"
        disabled={disabled}
        value={typed ?? percentOf(share)}
        onChange={(text) => {
          setTyped(text);
          const percent = Number(text.replace(",", "."));
          if (text.trim() !== "" && percent >= 0 && percent <= 100) onChange(percent / 100);
        }}
        onBlur={() => setTyped(null)}
        error={error}
      />
    </div>
  );
}
