import { Menu as Base } from "@base-ui/react/menu";
import { Check } from "lucide-react";

import { classes } from "./classes.ts";
import { Keys } from "./Menu.tsx";
import type { MenuEntry, MenuProps } from "./Menu.tsx";
import { itemClasses, popupClasses } from "./popup.ts";

// React.lazy asks for a default export.
// oxlint-disable-next-line import/no-default-export
export default function MenuPopup(props: MenuProps & { landmark: HTMLElement | null }) {
  const { landmark, trigger, label, entries, side = "bottom", align = "end" } = props;
  return (
    <Base.Root defaultOpen>
      <Base.Trigger render={trigger} />
      <Base.Portal container={landmark}>
        <Base.Positioner className="z-40" sideOffset={4} side={side} align={align}>
          <Base.Popup aria-label={label} className={classes(popupClasses, "min-w-44")}>
            {entries.map((entry, index) => (
              <Entry key={index} entry={entry} />
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

function Entry(props: { entry: MenuEntry }) {
  const { entry } = props;
  switch (entry.kind) {
    case "line":
      return <Base.Separator className="my-1 h-px bg-line" />;
    case "note":
      return <div className="px-2 py-1.5 text-small text-fg3">{entry.content}</div>;
    case "choice":
      return (
        <Base.Group>
          <Base.GroupLabel className="px-2 pt-1.5 pb-0.5 text-small text-fg3">
            {entry.label}
          </Base.GroupLabel>
          <Base.RadioGroup
            value={entry.value}
            onValueChange={(next: unknown) => {
              if (typeof next === "string") entry.onChange(next);
            }}
          >
            {entry.options.map(({ value, label }) => (
              <Base.RadioItem key={value} value={value} className={classes(itemClasses, "flex")}>
                <span className="flex-1">{label}</span>
                <Base.RadioItemIndicator>
                  <Check aria-hidden className="size-3.5" />
                </Base.RadioItemIndicator>
              </Base.RadioItem>
            ))}
          </Base.RadioGroup>
        </Base.Group>
      );
    case "act":
    case undefined:
      return <Act entry={entry} />;
    default:
      return null;
  }
}

function Act(props: { entry: Extract<MenuEntry, { readonly onSelect: () => void }> }) {
  const { entry } = props;
  return (
    <Base.Item
      disabled={entry.disabled ?? false}
      onClick={entry.onSelect}
      className={classes(
        itemClasses,
        "flex gap-2.5 [&_svg]:size-[15px]",
        entry.danger === true ? "text-negative" : "[&_svg]:text-fg3",
      )}
    >
      {entry.icon}
      <span className="flex-1">{entry.label}</span>
      {entry.keys !== undefined && <Keys keys={entry.keys} />}
    </Base.Item>
  );
}
