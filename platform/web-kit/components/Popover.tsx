import type { ComponentProps, ReactElement, ReactNode } from "react";
import { Suspense, cloneElement, lazy, useState } from "react";

export type PopoverProps = {
  trigger: ReactElement<ComponentProps<"button">>;
  title: string;
  align?: "start" | "center" | "end" | undefined;
  children: ReactNode;
};

const load = () => import("./PopoverPopup.tsx");
const PopoverPopup = lazy(load);
const warm = () => void load();

/** An explanation or a small form beside the button that opened it; fetched when approached. */
export function Popover(props: PopoverProps) {
  const [opened, setOpened] = useState(false);
  const closed = cloneElement(props.trigger, {
    "aria-haspopup": "dialog",
    "aria-expanded": false,
    onPointerEnter: warm,
    onFocus: warm,
    onClick: () => setOpened(true),
  });
  if (!opened) return closed;
  return (
    <Suspense fallback={closed}>
      <PopoverPopup {...props} />
    </Suspense>
  );
}
