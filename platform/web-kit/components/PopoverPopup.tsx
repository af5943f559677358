import { Popover as Base } from "@base-ui/react/popover";

import { classes } from "./classes.ts";
import type { PopoverProps } from "./Popover.tsx";
import { popupClasses } from "./popup.ts";

// React.lazy asks for a default export.
// oxlint-disable-next-line import/no-default-export
export default function PopoverPopup(props: PopoverProps) {
  return (
    <Base.Root defaultOpen>
      <Base.Trigger render={props.trigger} />
      <Base.Portal>
        <Base.Positioner className="z-40" sideOffset={6} align={props.align ?? "start"}>
          <Base.Popup className={classes(popupClasses, "w-80 p-4")}>
            <Base.Title className="mb-1 font-semibold">{props.title}</Base.Title>
            <div className="text-fg2">{props.children}</div>
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
