import type { ComponentProps, ReactElement, ReactNode } from "react";
import { Suspense, cloneElement, lazy, useState } from "react";

/** One line of a menu. */
export type MenuEntry =
  | {
      readonly kind?: "act";
      readonly label: string;
      readonly icon?: ReactNode;
      readonly danger?: boolean | undefined;
      readonly disabled?: boolean | undefined;
      /** Shown on the right: the key that does the same. */
      readonly keys?: string | undefined;
      readonly onSelect: () => void;
    }
  | {
      /** One of several, with a check mark at the present one. */
      readonly kind: "choice";
      readonly label: string;
      readonly options: readonly { readonly value: string; readonly label: string }[];
      readonly value: string;
      readonly onChange: (value: string) => void;
    }
  | { readonly kind: "line" }
  | { readonly kind: "note"; readonly content: ReactNode };

export type MenuProps = {
  /** The button, usually an IconButton. */
  trigger: ReactElement<ComponentProps<"button">>;
  label: string;
  entries: readonly MenuEntry[];
  side?: "top" | "bottom" | undefined;
  align?: "start" | "end" | undefined;
};

const load = () => import("./MenuPopup.tsx");
const MenuPopup = lazy(load);
const warm = () => void load();

/** A list of acts that opens from a button. Its code is fetched when the button is approached. */
export function Menu(props: MenuProps) {
  const [landmark, setLandmark] = useState<HTMLElement | null>();
  const closed = cloneElement(props.trigger, {
    "aria-haspopup": "menu",
    "aria-expanded": false,
    onPointerEnter: warm,
    onFocus: warm,
    onClick: (event) => setLandmark(landmarkOf(event.currentTarget)),
  });
  if (landmark === undefined) return closed;
  return (
    <Suspense fallback={closed}>
      <MenuPopup {...props} landmark={landmark} />
    </Suspense>
  );
}

/** What floats stays in the landmark of its trigger, where a screen reader looks for it. */
function landmarkOf(element: Element): HTMLElement | null {
  if (element.closest("[role='dialog']") !== null) return null;
  return element.closest<HTMLElement>("main, header");
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
