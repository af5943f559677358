import { useGoTo } from "@paceline/web-kit";
import type { ReactNode } from "react";

/** A link to a part of a page. On that page itself the browser scrolls to it. */
export function PartLink(props: { page: string; part: string; children: ReactNode }) {
  const { page, part, children } = props;
  const goTo = useGoTo();
  const address = `${page}#${part}`;
  return (
    <a
      href={address}
      className="font-medium text-fg underline decoration-line-2 underline-offset-3 hover:decoration-current"
      onClick={(event) => {
        const elsewhere = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
        if (elsewhere || globalThis.location.pathname === page) return;
        event.preventDefault();
        goTo(address);
      }}
    >
      {children}
    </a>
  );
}
