import { BrandMark } from "@paceline/web-kit";
import type { ReactNode } from "react";
import { useEffect } from "react";

/** A single question in the middle of the window, before there is a shell. */
export function SignInFrame(props: { title: string; lead?: ReactNode; children: ReactNode }) {
  const { title, lead, children } = props;
  useEffect(() => {
    document.title = `${title} · Paceline`;
  }, [title]);
  return (
    <main className="flex min-h-dvh flex-col items-center px-4 pt-[12vh] pb-10">
      <div className="w-full max-w-sm">
        <BrandMark large />
        <h1 className="mt-5 text-title font-semibold">{title}</h1>
        {lead !== undefined && <p className="mt-1 text-fg2">{lead}</p>}
        <div className="mt-6">{children}</div>
      </div>
    </main>
  );
}

/** The one-time token of the address. */
export function readToken(): string {
  return globalThis.location.hash.replace(/^#/u, "");
}
