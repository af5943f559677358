import { Popover as BasePopover } from "@base-ui/react/popover";
import { Tooltip as BaseTooltip } from "@base-ui/react/tooltip";
import type { ReactElement, ReactNode } from "react";

import { classes } from "./classes.ts";
import { popupClasses } from "./popup.ts";

/** Words for an icon or a number; shown on hover and focus, never the only place of a fact. */
export function Tooltip(props: {
  /** Something that takes the focus. */
  children: ReactElement;
  text: ReactNode;
}) {
  return (
    <BaseTooltip.Root>
      <BaseTooltip.Trigger delay={300} render={props.children} />
      <BaseTooltip.Portal>
        <BaseTooltip.Positioner className="z-50" sideOffset={6}>
          <BaseTooltip.Popup className="float-in max-w-72 rounded-control bg-ink px-2 py-1 text-small text-on-ink shadow-float">
            {props.text}
          </BaseTooltip.Popup>
        </BaseTooltip.Positioner>
      </BaseTooltip.Portal>
    </BaseTooltip.Root>
  );
}

/** An explanation or a small form beside what opened it. */
export function Popover(props: {
  trigger: ReactElement;
  title: string;
  align?: "start" | "center" | "end" | undefined;
  children: ReactNode;
}) {
  return (
    <BasePopover.Root>
      <BasePopover.Trigger render={props.trigger} />
      <BasePopover.Portal>
        <BasePopover.Positioner className="z-40" sideOffset={6} align={props.align ?? "start"}>
          <BasePopover.Popup className={classes(popupClasses, "w-80 p-4")}>
            <BasePopover.Title className="mb-1 font-semibold">{props.title}</BasePopover.Title>
            <div className="text-fg2">{props.children}</div>
          </BasePopover.Popup>
        </BasePopover.Positioner>
      </BasePopover.Portal>
    </BasePopover.Root>
  );
}
