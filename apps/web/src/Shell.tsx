import { sessionQuery, toSession } from "@paceline/access/web";
import { WayBackContext } from "@paceline/flags/web/parts";
import {
  ErrorState,
  SessionContext,
  ShellContext,
  asProblem,
  onSignedOut,
} from "@paceline/web-kit";
import type { Session } from "@paceline/web-kit";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Outlet, useLocation, useRouter } from "@tanstack/react-router";
import { Suspense, lazy, useCallback, useEffect, useMemo, useRef, useState } from "react";

import { filledParts } from "./parts.ts";
import { useShortcuts } from "./shortcuts.ts";
import { Sidebar, SidebarDrawer } from "./Sidebar.tsx";

const CommandPalette = lazy(() => import("./CommandPalette.tsx"));
const KeysDialog = lazy(() => import("./KeysDialog.tsx"));

/** Lets in who is signed in; sends everybody else to sign in and back again. */
export function Shell() {
  const query = useQuery(sessionQuery);
  const queries = useQueryClient();
  useEffect(
    () => onSignedOut(() => void queries.setQueryData(sessionQuery.queryKey, null)),
    [queries],
  );
  const answer = query.data;
  const session = useMemo(
    () => (answer === undefined || answer === null ? undefined : toSession(answer)),
    [answer],
  );
  if (session !== undefined) return <Inside session={session} />;
  if (answer !== undefined) return <ToSignIn />;
  if (!query.isError) return null;
  return (
    <main className="p-6">
      <ErrorState error={asProblem(query.error)} onRetry={() => void query.refetch()} />
    </main>
  );
}

/** Leaves for sign-in once, with the address to come back to as it was then. */
function ToSignIn() {
  const { history } = useRouter();
  useEffect(() => {
    const { href } = history.location;
    const next = href === "/" ? "" : `?${new URLSearchParams({ next: href }).toString()}`;
    history.replace(`/sign-in${next}`);
  }, [history]);
  return null;
}

type Overlay = "none" | "menu" | "palette" | "keys";

function Inside(props: { session: Session }) {
  const { session } = props;
  const [overlay, setOverlay] = useState<Overlay>("none");
  const [everOpened, setEverOpened] = useState({ palette: false, keys: false });
  const open = useCallback((which: "palette" | "keys") => {
    setEverOpened((before) => ({ ...before, [which]: true }));
    setOverlay(which);
  }, []);
  const close = useCallback(() => setOverlay("none"), []);
  const openMenu = useCallback(() => setOverlay("menu"), []);
  const openPalette = useCallback(() => open("palette"), [open]);
  useShortcuts({ openPalette, openKeys: useCallback(() => open("keys"), [open]) });
  const main = useFocusOnNavigation(close);
  const shell = useMemo(
    () => ({ openMenu, workspaceName: session.workspace.name }),
    [openMenu, session.workspace.name],
  );
  return (
    <SessionContext value={session}>
      <ShellContext value={shell}>
        <a
          href="#main"
          className="fixed top-2 left-2 z-50 -translate-y-16 rounded-control bg-ink px-3 py-1.5 font-medium text-on-ink focus:translate-y-0"
        >
          Skip to content
        </a>
        <div className="flex min-h-dvh">
          <Sidebar onSearch={openPalette} />
          <SidebarDrawer
            open={overlay === "menu"}
            onOpenChange={(next) => setOverlay(next ? "menu" : "none")}
            onSearch={openPalette}
          />
          <main ref={main} id="main" tabIndex={-1} className="min-w-0 flex-1 outline-none">
            <WayBackContext value={filledParts}>
              <Outlet />
            </WayBackContext>
          </main>
        </div>
        <Suspense>
          {everOpened.palette && (
            <CommandPalette
              open={overlay === "palette"}
              onClose={close}
              onKeys={() => open("keys")}
            />
          )}
          {everOpened.keys && <KeysDialog open={overlay === "keys"} onClose={close} />}
        </Suspense>
      </ShellContext>
    </SessionContext>
  );
}

/** On a new page: closes what floats, scrolls up, and moves the focus to the content. */
function useFocusOnNavigation(onLeave: () => void) {
  const main = useRef<HTMLElement>(null);
  const path = useLocation({ select: ({ pathname }) => pathname });
  const before = useRef(path);
  useEffect(() => {
    if (before.current === path) return;
    before.current = path;
    onLeave();
    globalThis.scrollTo(0, 0);
    main.current?.focus({ preventScroll: true });
  }, [onLeave, path]);
  return main;
}
