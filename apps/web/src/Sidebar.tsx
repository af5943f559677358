import { Dialog } from "@base-ui/react/dialog";
import { useSignOut } from "@paceline/access/web";
import {
  AppLink,
  BrandMark,
  IconButton,
  Keys,
  Menu,
  PersonDisc,
  classes,
  scrimClasses,
  setAppearance,
  showsDark,
  useAppearance,
  useGoTo,
  useSession,
} from "@paceline/web-kit";
import type { MenuEntry, NavItem } from "@paceline/web-kit";
import { useLocation } from "@tanstack/react-router";
import { LogOut, Moon, Search, Settings, Sun } from "lucide-react";
import type { LucideIcon } from "lucide-react";

import { currentItem, navigation, sectionIcons } from "./navigation.tsx";
import type { NavSection } from "./navigation.tsx";
import { commandKey } from "./shortcuts.ts";

/** The sidebar from 900 px up. */
export function Sidebar(props: { onSearch: () => void }) {
  return (
    <header className="sticky top-0 flex h-dvh w-54 shrink-0 flex-col border-r border-line max-md:hidden">
      <SidebarContent onSearch={props.onSearch} />
    </header>
  );
}

/** The same below 900 px, opened from the top bar. */
export function SidebarDrawer(props: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onSearch: () => void;
}) {
  return (
    <Dialog.Root open={props.open} onOpenChange={(open) => props.onOpenChange(open)}>
      <Dialog.Portal>
        <Dialog.Backdrop className={scrimClasses} />
        <Dialog.Popup
          aria-label="Navigation"
          className="fixed inset-y-0 left-0 z-40 flex w-64 max-w-[85vw] flex-col border-r border-line bg-canvas transition-transform duration-150 outline-none data-ending-style:-translate-x-full data-starting-style:-translate-x-full"
        >
          <SidebarContent onSearch={props.onSearch} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function SidebarContent(props: { onSearch: () => void }) {
  const { workspace } = useSession();
  const path = useLocation({ select: ({ pathname }) => pathname });
  const current = currentItem(path);
  return (
    <div className="flex min-h-0 flex-1 flex-col p-3">
      <div className="flex h-9 items-center gap-2.5 px-1.5">
        <BrandMark />
        <span className="truncate font-semibold tracking-[-0.011em]">{workspace.name}</span>
      </div>
      <button
        type="button"
        onClick={props.onSearch}
        aria-keyshortcuts="Control+K Meta+K"
        className="mt-2 mb-3 flex h-8 items-center gap-2 rounded-control border border-line-2 bg-surface px-2.5 text-fg2 shadow-rest hover:bg-hover"
      >
        <Search aria-hidden className="size-[15px]" />
        <span className="flex-1 text-left">Search or run</span>
        <Keys keys={`${commandKey} K`} />
      </button>
      <nav aria-label="Main" className="min-h-0 flex-1 overflow-y-auto">
        <ul className="flex flex-col gap-0.5">
          {navigation
            .filter(({ section }) => section !== "settings")
            .map((section) => (
              <SectionLinks key={section.section} section={section} current={current} />
            ))}
        </ul>
      </nav>
      <Account />
    </div>
  );
}

function SectionLinks(props: { section: NavSection; current: NavItem | undefined }) {
  const { section, current } = props;
  return (
    <>
      <li>
        <NavLink
          item={section.main}
          icon={sectionIcons[section.section]}
          current={section.main === current}
        />
      </li>
      {section.others.map((item) => (
        <li key={item.to}>
          <NavLink item={item} current={item === current} />
        </li>
      ))}
    </>
  );
}

function NavLink(props: { item: NavItem; icon?: LucideIcon; current: boolean }) {
  const { item, icon: Icon, current } = props;
  return (
    <AppLink
      to={item.to}
      aria-current={current ? "page" : undefined}
      className={classes(
        "flex h-8 items-center gap-2.5 rounded-control px-2 -outline-offset-2",
        current ? "bg-hover font-medium text-fg" : "text-fg2 hover:bg-hover hover:text-fg",
        Icon === undefined && "pl-[34px]",
      )}
    >
      {Icon !== undefined && <Icon aria-hidden className="size-4 shrink-0" strokeWidth={1.75} />}
      <span className="flex-1 truncate">{item.label}</span>
      {item.useCount !== undefined && <NavCount item={item} useCount={item.useCount} />}
    </AppLink>
  );
}

function NavCount(props: { item: NavItem; useCount: () => number | undefined }) {
  const count = props.useCount();
  if (count === undefined || count === 0) return null;
  return <span className="text-small text-fg3 tabular-nums">{count}</span>;
}

const themeOptions = [
  { value: "system", label: "As the system" },
  { value: "light", label: "Light" },
  { value: "dark", label: "Dark" },
] as const;
const densityOptions = [
  { value: "comfortable", label: "Comfortable" },
  { value: "compact", label: "Compact" },
] as const;

/** The option of that value; a menu hands back plain text. */
function chosen<T extends string>(options: readonly { readonly value: T }[], value: string) {
  return options.find((option) => option.value === value)?.value;
}

function Account() {
  const { person, role } = useSession();
  const { theme, density } = useAppearance();
  const goTo = useGoTo();
  const signOut = useSignOut();
  const dark = showsDark(theme);
  const settings = navigation.find(({ section }) => section === "settings")?.main;
  const entries: MenuEntry[] = [
    { kind: "note", content: `${person.email}, ${role}` },
    {
      kind: "choice",
      label: "Theme",
      options: themeOptions,
      value: theme,
      onChange: (value) => setAppearance({ theme: chosen(themeOptions, value) ?? theme }),
    },
    {
      kind: "choice",
      label: "Density",
      options: densityOptions,
      value: density,
      onChange: (value) => setAppearance({ density: chosen(densityOptions, value) ?? density }),
    },
    { kind: "line" },
    { label: "Sign out", icon: <LogOut aria-hidden />, onSelect: signOut },
  ];
  return (
    <div className="mt-2 flex items-center gap-1 border-t border-line pt-2.5">
      <Menu
        label="Account"
        side="top"
        align="start"
        entries={entries}
        trigger={
          <button
            type="button"
            className="flex h-8 min-w-0 flex-1 items-center gap-2 rounded-control px-1.5 text-left hover:bg-hover"
          >
            <PersonDisc name={person.name} large />
            <span className="truncate">{person.name}</span>
          </button>
        }
      />
      <IconButton
        label={dark ? "Switch to light" : "Switch to dark"}
        icon={dark ? <Sun aria-hidden /> : <Moon aria-hidden />}
        onClick={() => setAppearance({ theme: dark ? "light" : "dark" })}
      />
      {settings !== undefined && (
        <IconButton
          label="Settings"
          icon={<Settings aria-hidden />}
          onClick={() => goTo(settings.to)}
        />
      )}
    </div>
  );
}
