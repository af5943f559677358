import { useId } from "react";

import { ShareField } from "./ShareField.tsx";

/** A share by slider and by number. */
export function ExposureField(props: {
  label: string;
  share: number;
  disabled?: boolean | undefined;
  error?: string | undefined;
  onChange: (share: number) => void;
}) {
  const { label, share, disabled, error, onChange } = props;
  const id = useId();
  return (
    <div className="flex flex-wrap items-start gap-x-4 gap-y-1">
      <label htmlFor={id} className="sr-only">
        {label}
      </label>
      <input
        id={id}
        type="range"
        min={0}
        max={100}
        step={1}
        disabled={disabled}
        value={Math.round(share * 100)}
        onChange={(event) => onChange(Number(event.target.value) / 100)}
        className="h-8 min-w-32 flex-1 accent-(--accent-solid)"
      />
      <ShareField
        label={`${label} in percent`}
        share={share}
        disabled={disabled}
        error={error}
        onChange={onChange}
      />
    </div>
  );
}
