import { Tabs as Base } from "@base-ui/react/tabs";
import type { ReactNode } from "react";
import { useEffect, useRef } from "react";

import { CountBadge } from "./Badge.tsx";

export type TabItem<T extends string> = {
  readonly value: T;
  readonly label: string;
  readonly count?: number | undefined;
};

/** Moves the row of tabs alone, never the page, so that the selected one is in the middle of it. */
function showSelected(row: HTMLElement | null): void {
  const tab = row?.querySelector("[aria-selected=true]")?.getBoundingClientRect();
  if (row === null || tab === undefined) return;
  const { left, width } = row.getBoundingClientRect();
  row.scrollLeft += tab.left - left - (width - tab.width) / 2;
}

/** Tabs of an object page; keep `value` in the address. Panels are the children, see TabPanel. */
export function Tabs<T extends string>(props: {
  label: string;
  items: readonly TabItem<T>[];
  value: T;
  onChange: (value: T) => void;
  children: ReactNode;
}) {
  const { label, items, value, onChange, children } = props;
  const row = useRef<HTMLDivElement>(null);
  useEffect(() => showSelected(row.current), [value, items.length]);
  return (
    <Base.Root
      value={value}
      onValueChange={(next: unknown) => {
        const item = items.find((one) => one.value === next);
        if (item !== undefined) onChange(item.value);
      }}
    >
      <div ref={row} className="scrollbar-none overflow-x-auto border-b border-line">
        <Base.List aria-label={label} activateOnFocus className="relative flex gap-5">
          {items.map((item) => (
            <Base.Tab
              key={item.value}
              value={item.value}
              className="-mb-px flex h-10 shrink-0 items-center gap-1.5 border-b-2 border-transparent whitespace-nowrap text-fg2 -outline-offset-2 hover:text-fg data-active:border-ink data-active:font-medium data-active:text-fg"
            >
              {item.label}
              {item.count !== undefined && <CountBadge count={item.count} />}
            </Base.Tab>
          ))}
        </Base.List>
      </div>
      {children}
    </Base.Root>
  );
}

export function TabPanel(props: { value: string; children: ReactNode }) {
  return (
    <Base.Panel value={props.value} className="pt-5">
      {props.children}
    </Base.Panel>
  );
}
