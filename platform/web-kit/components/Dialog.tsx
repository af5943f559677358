import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { useRef } from "react";

import { Button } from "./Button.tsx";
import { classes } from "./classes.ts";
import { ErrorState } from "./ErrorState.tsx";

export const scrimClasses =
  "fixed inset-0 z-30 bg-scrim transition-opacity duration-150 data-starting-style:opacity-0 data-ending-style:opacity-0";

const firstField = "input:not([type=hidden], :disabled), select:not(:disabled), textarea";

/** A question that must be answered before going on; who types can begin at once in its first field. */
export function Dialog(props: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  /** What follows from the answer. */
  description?: ReactNode;
  children?: ReactNode;
  /** Buttons, the way out first. */
  foot?: ReactNode;
  wide?: boolean | undefined;
  /** Esc and a click outside do not close it, where what is shown cannot be shown again. */
  keep?: boolean | undefined;
}) {
  const { open, onOpenChange, title, description, children, foot, wide, keep } = props;
  const popup = useRef<HTMLDivElement>(null);
  return (
    <Base.Root
      open={open}
      onOpenChange={(next, details) => {
        if (keep === true && details.reason !== "close-press") return;
        onOpenChange(next);
      }}
    >
      <Base.Portal>
        <Base.Backdrop className={scrimClasses} />
        <Base.Popup
          ref={popup}
          // A touch would open the keyboard over the question.
          initialFocus={(by) =>
            by === "touch" || (popup.current?.querySelector<HTMLElement>(firstField) ?? true)
          }
          className={classes(
            "float-in fixed top-[12vh] left-1/2 z-40 flex max-h-[80vh] w-[calc(100vw-2rem)] -translate-x-1/2 flex-col overflow-hidden rounded-card border border-line bg-surface shadow-float outline-none",
            wide === true ? "max-w-2xl" : "max-w-md",
          )}
        >
          <header className="flex items-start justify-between gap-3 px-5 pt-4">
            <Base.Title className="text-panel font-semibold">{title}</Base.Title>
            {keep !== true && (
              <Base.Close
                aria-label="Close"
                className="-mr-2 grid size-7 place-items-center rounded-control text-fg3 hover:bg-hover"
              >
                <X aria-hidden className="size-4" />
              </Base.Close>
            )}
          </header>
          <div className="flex flex-col gap-4 overflow-y-auto px-5 pt-1 pb-5">
            {description !== undefined && (
              <Base.Description className="text-fg2">{description}</Base.Description>
            )}
            {children}
          </div>
          {foot !== undefined && (
            <footer className="flex flex-wrap justify-end gap-2 border-t border-line bg-sunken px-5 py-3">
              {foot}
            </footer>
          )}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}

/** Asks once more before an act; the act is never what Enter does first. */
export function ConfirmDialog(props: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description: ReactNode;
  /** The act itself: "Roll back", "Revoke key". */
  act: string;
  danger?: boolean | undefined;
  busy?: boolean | undefined;
  error?: unknown;
  onConfirm: () => void;
}) {
  const cancel = useRef<HTMLButtonElement>(null);
  return (
    <Base.Root open={props.open} onOpenChange={(open) => props.onOpenChange(open)}>
      <Base.Portal>
        <Base.Backdrop className={scrimClasses} />
        <Base.Popup
          role="alertdialog"
          initialFocus={cancel}
          className="float-in fixed top-[18vh] left-1/2 z-40 w-[calc(100vw-2rem)] max-w-md -translate-x-1/2 overflow-hidden rounded-card border border-line bg-surface shadow-float outline-none"
        >
          <div className="flex flex-col gap-1 p-5">
            <Base.Title className="text-panel font-semibold">{props.title}</Base.Title>
            <Base.Description className="text-fg2">{props.description}</Base.Description>
            {props.error != null && <ErrorState inline error={props.error} />}
          </div>
          <footer className="flex justify-end gap-2 border-t border-line bg-sunken px-5 py-3">
            <Button ref={cancel} onClick={() => props.onOpenChange(false)}>
              Cancel
            </Button>
            <Button
              kind={props.danger === true ? "danger" : "primary"}
              busy={props.busy}
              onClick={props.onConfirm}
            >
              {props.act}
            </Button>
          </footer>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
