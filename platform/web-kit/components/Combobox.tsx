import { Suspense, lazy } from "react";

import { classes } from "./classes.ts";
import { Field, controlClasses } from "./Field.tsx";
import type { FieldFrame } from "./Field.tsx";
import type { Option } from "./Select.tsx";

const ComboboxControl = lazy(() => import("./ComboboxControl.tsx"));

/** One of many values, found by typing. Its code is fetched apart from the page's. */
export function Combobox<T extends string>(
  props: FieldFrame & {
    options: readonly Option<T>[];
    value: T | null;
    onChange: (value: T | null) => void;
    placeholder?: string | undefined;
    /** Said when nothing matches, with the way out. */
    nothing?: string | undefined;
    disabled?: boolean | undefined;
  },
) {
  const { options, value, onChange, placeholder, nothing, disabled, ...frame } = props;
  const label = options.find((option) => option.value === value)?.label;
  return (
    <Field {...frame}>
      {(wiring) => (
        <Suspense
          fallback={
            <input
              {...wiring}
              readOnly
              value={label ?? ""}
              className={classes(controlClasses, "h-8")}
            />
          }
        >
          <ComboboxControl
            wiring={wiring}
            options={options}
            value={value}
            placeholder={placeholder ?? "Type to search"}
            nothing={nothing ?? "Nothing matches"}
            disabled={disabled ?? false}
            onChange={(next) =>
              onChange(options.find((option) => option.value === next)?.value ?? null)
            }
          />
        </Suspense>
      )}
    </Field>
  );
}
