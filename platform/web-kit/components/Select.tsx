import { Select as Base } from "@base-ui/react/select";
import { Check, ChevronsUpDown } from "lucide-react";

import { classes } from "./classes.ts";
import { Field, controlClasses } from "./Field.tsx";
import type { FieldFrame } from "./Field.tsx";
import { itemClasses, popupClasses } from "./popup.ts";

export type Option<T extends string> = {
  readonly value: T;
  readonly label: string;
  readonly hint?: string | undefined;
};

/** One of a few known values. For more than about twelve take Combobox. */
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
    <Field {...frame} native={false}>
      <Base.Root
        items={options}
        value={value}
        name={name}
        disabled={disabled ?? false}
        onValueChange={(next) => {
          if (next !== null) onChange(next);
        }}
      >
        <Base.Trigger
          className={classes(
            controlClasses,
            "flex h-8 items-center justify-between gap-2 text-left data-placeholder:text-fg3",
          )}
        >
          <Base.Value placeholder={placeholder} className="truncate" />
          <Base.Icon>
            <ChevronsUpDown aria-hidden className="size-3.5 text-fg3" />
          </Base.Icon>
        </Base.Trigger>
        <Base.Portal>
          <Base.Positioner className="z-40" sideOffset={4} alignItemWithTrigger={false}>
            <Base.Popup className={classes(popupClasses, "max-h-80 min-w-(--anchor-width)")}>
              <Base.List>
                {options.map((option) => (
                  <Base.Item
                    key={option.value}
                    value={option.value}
                    className={classes(itemClasses, "grid grid-cols-[1rem_1fr] gap-2")}
                  >
                    <Base.ItemIndicator className="col-start-1 row-start-1">
                      <Check aria-hidden className="size-3.5" />
                    </Base.ItemIndicator>
                    <div className="col-start-2">
                      <Base.ItemText>{option.label}</Base.ItemText>
                      {option.hint !== undefined && (
                        <div className="text-small text-fg3">{option.hint}</div>
                      )}
                    </div>
                  </Base.Item>
                ))}
              </Base.List>
            </Base.Popup>
          </Base.Positioner>
        </Base.Portal>
      </Base.Root>
    </Field>
  );
}
