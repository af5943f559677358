import { AppLink, Page, PageHeader, classes } from "@paceline/web-kit";
import type { ReactNode } from "react";

import { appearancePage, environmentsPage, keysPage, membersPage, workspacePage } from "./pages.ts";

const parts = [
  { label: "Members", to: membersPage.href() },
  { label: "API keys", to: keysPage.href() },
  { label: "Environments", to: environmentsPage.href() },
  { label: "Workspace", to: workspacePage.href() },
  { label: "Appearance", to: appearancePage.href() },
] as const;

/** Frame of every settings page, with the way to the others. */
export function SettingsFrame(props: {
  title: (typeof parts)[number]["label"];
  /** One plain sentence: what holds now. */
  lead: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) {
  const { title, lead, actions, children } = props;
  return (
    <Page title={title} crumbs={[{ label: "Settings", to: membersPage.href() }]}>
      <nav
        aria-label="Settings"
        className="-mt-2 mb-5 overflow-x-auto border-b border-line scrollbar-none"
      >
        <ul className="flex gap-5">
          {parts.map(({ label, to }) => {
            const current = label === title;
            return (
              <li key={to}>
                <AppLink
                  to={to}
                  aria-current={current ? "page" : undefined}
                  className={classes(
                    "-mb-px flex h-10 items-center border-b-2 whitespace-nowrap -outline-offset-2",
                    current
                      ? "border-ink font-medium text-fg"
                      : "border-transparent text-fg2 hover:text-fg",
                  )}
                >
                  {label}
                </AppLink>
              </li>
            );
          })}
        </ul>
      </nav>
      <PageHeader title={title} actions={actions}>
        {lead}
      </PageHeader>
      {children}
    </Page>
  );
}
