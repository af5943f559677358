import { Menu as Base } from "@base-ui/react/menu";
import { Check } from "lucide-react";
import type { ReactElement, ReactNode } from "react";

import { classes } from "./classes.ts";
import { itemClasses, popupClasses } from "./popup.ts";

/** A list of acts that opens from a button. */
export function Menu(props: {
  /** The button, usually an IconButton. */
  trigger: ReactElement;
  label: string;
  side?: "top" | "bottom" | undefined;
  align?: "start" | "end" | undefined;
  children: ReactNode;
}) {
  return (
    <Base.Root>
      <Base.Trigger render={props.trigger} />
      <Base.Portal>
        <Base.Positioner
          className="z-40"
          sideOffset={4}
          side={props.side ?? "bottom"}
          align={props.align ?? "end"}
        >
          <Base.Popup aria-label={props.label} className={classes(popupClasses, "min-w-44")}>
            {props.children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

export function MenuItem(props: {
  icon?: ReactNode;
  danger?: boolean | undefined;
  disabled?: boolean | undefined;
  /** Shown on the right: the key that does the same. */
  keys?: string | undefined;
  onSelect: () => void;
  children: ReactNode;
}) {
  return (
    <Base.Item
      disabled={props.disabled ?? false}
      onClick={props.onSelect}
      className={classes(
        itemClasses,
        "flex gap-2.5 [&_svg]:size-[15px]",
        props.danger === true ? "text-negative" : "[&_svg]:text-fg3",
      )}
    >
      {props.icon}
      <span className="flex-1">{props.children}</span>
      {props.keys !== undefined && <Keys keys={props.keys} />}
    </Base.Item>
  );
}

/** One of several choices, with a check mark at the present one. */
export function MenuChoices<T extends string>(props: {
  label: string;
  choices: readonly { readonly value: T; readonly label: string; readonly icon?: ReactNode }[];
  value: T;
  onChange: (value: T) => void;
}) {
  return (
    <Base.Group>
      <Base.GroupLabel className="px-2 pt-1.5 pb-0.5 text-small text-fg3">
        {props.label}
      </Base.GroupLabel>
      <Base.RadioGroup
        value={props.value}
        onValueChange={(next: unknown) => {
          const choice = props.choices.find(({ value }) => value === next);
          if (choice !== undefined) props.onChange(choice.value);
        }}
      >
        {props.choices.map(({ value, label, icon }) => (
          <Base.RadioItem
            key={value}
            value={value}
            className={classes(itemClasses, "flex gap-2.5 [&_svg]:size-[15px] [&_svg]:text-fg3")}
          >
            {icon}
            <span className="flex-1">{label}</span>
            <Base.RadioItemIndicator>
              <Check aria-hidden />
            </Base.RadioItemIndicator>
          </Base.RadioItem>
        ))}
      </Base.RadioGroup>
    </Base.Group>
  );
}

export function MenuSeparator() {
  return <Base.Separator className="my-1 h-px bg-line" />;
}

/** Keys as they are pressed: "g i", "Ctrl K". */
export function Keys(props: { keys: string }) {
  return (
    <span className="inline-flex gap-1">
      {props.keys.split(" ").map((key, index) => (
        <kbd
          key={`${key}${index}`}
          className="min-w-5 rounded-[4px] border border-line-2 bg-surface px-1 text-center font-sans text-meta text-fg3"
        >
          {key}
        </kbd>
      ))}
    </span>
  );
}
