import { ChevronsUpDown } from "lucide-react";

import { classes } from "./classes.ts";
import { Field, controlClasses } from "./Field.tsx";
import type { FieldFrame } from "./Field.tsx";

export type Option<T extends string> = {
  readonly value: T;
  readonly label: string;
  /** Shown by Combobox only; the list of a Select has one line an option. */
  readonly hint?: string | undefined;
};

/**
 * One of a few known values, by the platform's own list: no script, and the phone's own picker.
 * For more than about twelve take Combobox.
 */
export function Select<T extends string>(
  props: FieldFrame & {
    options: readonly Option<T>[];
    value: T | null;
    onChange: (value: T) => void;
    placeholder?: string | undefined;
    disabled?: boolean | undefined;
    name?: string | undefined;
  },
) {
  const { options, value, onChange, placeholder = "Choose", disabled, name, ...frame } = props;
  return (
    <Field {...frame}>
      {(wiring) => (
        <span className="relative flex items-center">
          <select
            {...wiring}
            name={name}
            disabled={disabled}
            value={value ?? ""}
            onChange={(event) => {
              const chosen = options.find((option) => option.value === event.target.value);
              if (chosen !== undefined) onChange(chosen.value);
            }}
            className={classes(
              controlClasses,
              "select-list h-8 whitespace-nowrap text-ellipsis pr-8",
              value === null && "text-fg3",
            )}
          >
            {value === null && (
              <option value="" disabled>
                {placeholder}
              </option>
            )}
            {options.map((option) => (
              <option key={option.value} value={option.value}>
                {option.label}
              </option>
            ))}
          </select>
          <ChevronsUpDown
            aria-hidden
            className="pointer-events-none absolute right-2.5 size-3.5 text-fg3"
          />
        </span>
      )}
    </Field>
  );
}
