import { Combobox as Base } from "@base-ui/react/combobox";
import { Check, ChevronsUpDown } from "lucide-react";
import { useState } from "react";

import { classes } from "./classes.ts";
import { controlClasses } from "./Field.tsx";
import type { ControlWiring } from "./Field.tsx";
import { itemClasses, popupClasses } from "./popup.ts";
import type { Option } from "./Select.tsx";

// React.lazy asks for a default export.
// oxlint-disable-next-line import/no-default-export
export default function ComboboxControl(props: {
  wiring: ControlWiring;
  options: readonly Option<string>[];
  value: string | null;
  onChange: (value: string | null) => void;
  placeholder: string;
  nothing: string;
  disabled: boolean;
}) {
  const { options, value, onChange } = props;
  const [place, setPlace] = useState<HTMLElement | null>(null);
  const chosen = options.find((option) => option.value === value) ?? null;
  return (
    <Base.Root
      items={options}
      value={chosen}
      disabled={props.disabled}
      onValueChange={(next: Option<string> | null) => onChange(next?.value ?? null)}
    >
      <span ref={setPlace} className="relative flex items-center">
        <Base.Input
          {...props.wiring}
          placeholder={props.placeholder}
          className={classes(controlClasses, "h-8 pr-8")}
        />
        <Base.Trigger
          aria-label="Show all"
          className="absolute right-1 grid size-6 place-items-center rounded-badge text-fg3 hover:bg-hover"
        >
          <ChevronsUpDown aria-hidden className="size-3.5" />
        </Base.Trigger>
      </span>
      <Base.Portal container={place}>
        <Base.Positioner className="z-40" sideOffset={4}>
          <Base.Popup className={classes(popupClasses, "max-h-72 w-(--anchor-width)")}>
            <Base.Empty className="px-2 text-fg3 not-empty:py-1.5">{props.nothing}</Base.Empty>
            <Base.List>
              {(option: Option<string>) => <Item key={option.value} option={option} />}
            </Base.List>
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

function Item(props: { option: Option<string> }) {
  const { option } = props;
  return (
    <Base.Item value={option} className={classes(itemClasses, "grid grid-cols-[1rem_1fr] gap-2")}>
      <Base.ItemIndicator className="col-start-1 row-start-1">
        <Check aria-hidden className="size-3.5" />
      </Base.ItemIndicator>
      <span className="col-start-2">
        {option.label}
        {option.hint !== undefined && (
          <span className="block text-small text-fg3">{option.hint}</span>
        )}
      </span>
    </Base.Item>
  );
}
