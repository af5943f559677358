import { Menu as MenuIcon, X } from "lucide-react";
import type { ReactNode } from "react";
import { createContext, useContext, useEffect } from "react";

import { AppLink } from "./AppLink.tsx";
import { IconButton } from "./Button.tsx";
import { classes } from "./classes.ts";
import { ScrollRegion } from "./ScrollRegion.tsx";

export type Crumb = { readonly label: string; readonly to: string };

/** What the shell gives to the top bar of a page. */
export const ShellContext = createContext<{ openMenu: () => void; workspaceName: string }>({
  openMenu: () => {},
  workspaceName: "Paceline",
});

/**
 * Every screen: top bar with at most two crumbs and the title, then the content, then perhaps a
 * side panel. It sets the document's title.
 */
export function Page(props: {
  /** Last crumb and title of the window. */
  title: string;
  crumbs?: readonly [] | readonly [Crumb] | readonly [Crumb, Crumb] | undefined;
  /** Right side of the top bar: view switch, filter, the one primary act. */
  actions?: ReactNode;
  /** Boards and timelines take the whole width. */
  wide?: boolean | undefined;
  panel?: ReactNode;
  children: ReactNode;
}) {
  const { title, crumbs = [], actions, wide, panel, children } = props;
  const { openMenu, workspaceName } = useContext(ShellContext);
  useEffect(() => {
    document.title = `${title} · ${workspaceName}`;
  }, [title, workspaceName]);
  return (
    <div className="flex min-h-dvh min-w-0">
      <div className="flex min-w-0 flex-1 flex-col">
        <div className="sticky top-0 z-20 flex h-12 shrink-0 items-center gap-3 border-b border-line bg-canvas px-4 md:px-7">
          <IconButton
            label="Open navigation"
            icon={<MenuIcon aria-hidden />}
            onClick={openMenu}
            className="-ml-2 md:hidden"
          />
          <Crumbs title={title} crumbs={crumbs} />
          <div className="ml-auto flex min-w-0 shrink-0 items-center gap-2">{actions}</div>
        </div>
        <div
          className={classes(
            "w-full min-w-0 flex-1 px-4 pt-6 pb-16 md:px-7",
            wide !== true && "max-w-[1376px]",
          )}
        >
          {children}
        </div>
      </div>
      {panel}
    </div>
  );
}

function Crumbs(props: { title: string; crumbs: readonly Crumb[] }) {
  return (
    <nav aria-label="Breadcrumb" className="min-w-0">
      <ol className="flex min-w-0 items-center gap-2">
        {props.crumbs.map(({ label, to }) => (
          <li key={to} className="flex shrink-0 items-center gap-2 text-fg2 max-sm:hidden">
            <AppLink to={to} className="rounded-badge hover:text-fg">
              {label}
            </AppLink>
            <span aria-hidden className="text-fg3">
              /
            </span>
          </li>
        ))}
        <li aria-current="page" className="truncate font-medium">
          {props.title}
        </li>
      </ol>
    </nav>
  );
}

/** Head of the content: badges, the page's only h1, a line in words, and its acts. */
export function PageHeader(props: {
  title: string;
  badges?: ReactNode;
  /** One plain sentence: the conclusion, or the hypothesis. */
  children?: ReactNode;
  actions?: ReactNode;
}) {
  const { title, badges, children, actions } = props;
  return (
    <header className="mb-5 flex flex-wrap items-start justify-between gap-x-6 gap-y-3">
      <div className="min-w-0 flex-1 basis-80">
        {badges !== undefined && (
          <div className="mb-1.5 flex flex-wrap items-center gap-2">{badges}</div>
        )}
        <h1 className="text-title font-semibold break-words">{title}</h1>
        {children !== undefined && <div className="mt-1 max-w-[70ch] text-fg2">{children}</div>}
      </div>
      {actions !== undefined && (
        <div className="flex flex-wrap items-center gap-2 pt-1">{actions}</div>
      )}
    </header>
  );
}

/** Main column and a column of side cards; one column below 1024 px. */
export function Columns(props: { children: ReactNode; aside: ReactNode }) {
  return (
    <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_20rem]">
      <div className="flex min-w-0 flex-col gap-5">{props.children}</div>
      <aside className="flex min-w-0 flex-col gap-5">{props.aside}</aside>
    </div>
  );
}

/** An object beside its list, at its own address: `closeTo` is the list without it. */
export function SidePanel(props: {
  title: string;
  /** The key above the title, such as CHG-211. */
  meta?: ReactNode;
  closeTo: string;
  children: ReactNode;
  foot?: ReactNode;
}) {
  const { title, meta, closeTo, children, foot } = props;
  return (
    <aside
      aria-label={title}
      className="sticky top-0 z-20 flex h-dvh w-[24.5rem] shrink-0 flex-col border-l border-line bg-surface max-lg:fixed max-lg:inset-0 max-lg:w-auto max-lg:border-l-0"
    >
      <header className="flex items-start justify-between gap-3 px-5 pt-4 pb-3">
        <div className="min-w-0">
          {meta !== undefined && <div className="text-small text-fg3">{meta}</div>}
          <h2 className="text-panel font-semibold break-words">{title}</h2>
        </div>
        <AppLink
          to={closeTo}
          data-closes-panel=""
          aria-label="Close panel"
          className="-mr-2 grid size-8 shrink-0 place-items-center rounded-control text-fg2 hover:bg-hover"
        >
          <X aria-hidden className="size-4" />
        </AppLink>
      </header>
      <ScrollRegion
        label={`${title}, content`}
        className="min-h-0 flex-1 overflow-y-auto -outline-offset-2"
      >
        {children}
      </ScrollRegion>
      {foot !== undefined && (
        <footer className="flex gap-2 border-t border-line px-5 py-3">{foot}</footer>
      )}
    </aside>
  );
}

/** A ruled part of a side panel. */
export function PanelSection(props: { title?: string; note?: ReactNode; children: ReactNode }) {
  return (
    <section className="border-t border-line px-5 py-4 first:border-t-0 first:pt-1">
      {props.title !== undefined && (
        <div className="mb-2 flex items-baseline justify-between gap-2">
          <h3 className="text-small text-fg2">{props.title}</h3>
          {props.note !== undefined && <span className="text-small text-fg3">{props.note}</span>}
        </div>
      )}
      {props.children}
    </section>
  );
}
