import type { ReactNode } from "react";

/** Content that scrolls by itself; it takes the focus, so that the keyboard can scroll it too. */
export function ScrollRegion(props: { label: string; className: string; children: ReactNode }) {
  return (
    <section
      aria-label={props.label}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region needs the keyboard
      tabIndex={0}
      className={props.className}
    >
      {props.children}
    </section>
  );
}
