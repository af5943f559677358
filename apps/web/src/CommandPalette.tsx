import { Dialog } from "@base-ui/react/dialog";
import {
  Keys,
  scrimClasses,
  setAppearance,
  showsDark,
  useAppearance,
  useGoTo,
} from "@paceline/web-kit";
import type { FoundObject } from "@paceline/web-kit";
import { useQueries } from "@tanstack/react-query";
import { Command } from "cmdk";
import { CornerDownRight, Search } from "lucide-react";
import type { ReactNode } from "react";
import { useDeferredValue, useState } from "react";

import { features } from "./features.ts";
import { allNavItems, navigation, sectionIcons } from "./navigation.tsx";
import { globalActions } from "./shortcuts.ts";

const finders = features.flatMap(({ name, find }) => (find === undefined ? [] : [{ name, find }]));
const leastLetters = 2;

function useFound(text: string): readonly FoundObject[] {
  const wanted = useDeferredValue(text.trim());
  const results = useQueries({
    queries: finders.map(({ name, find }) => ({
      queryKey: ["find", name, wanted],
      queryFn: ({ signal }: { signal: AbortSignal }) => find(wanted, signal),
      enabled: wanted.length >= leastLetters,
      staleTime: 30_000,
      retry: false,
    })),
  });
  return results.flatMap(({ data }) => data ?? []);
}

export default function CommandPalette(props: {
  open: boolean;
  onClose: () => void;
  onKeys: () => void;
}) {
  const { open, onClose, onKeys } = props;
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className={scrimClasses} />
        <Dialog.Popup className="float-in fixed top-[14vh] left-1/2 z-40 w-[calc(100vw-2rem)] max-w-xl -translate-x-1/2 overflow-hidden rounded-card border border-line bg-surface shadow-float outline-none">
          <Dialog.Title className="sr-only">Search or run</Dialog.Title>
          <PaletteContent onClose={onClose} onKeys={onKeys} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function PaletteContent(props: { onClose: () => void; onKeys: () => void }) {
  const [text, setText] = useState("");
  const found = useFound(text);
  const goTo = useGoTo();
  const { theme } = useAppearance();
  const then = (act: () => void) => () => {
    props.onClose();
    act();
  };
  const toDark = !showsDark(theme);
  return (
    <Command label="Search or run" loop>
      <div className="flex items-center gap-2.5 border-b border-line px-4">
        <Search aria-hidden className="size-4 text-fg3" />
        <Command.Input
          value={text}
          onValueChange={setText}
          placeholder="Go to, find, or do something"
          className="h-12 flex-1 bg-transparent text-lead outline-none"
        />
        <Keys keys="Esc" />
      </div>
      <Command.List className="max-h-[46vh] overflow-y-auto p-1.5">
        <Command.Empty className="px-3 py-6 text-center text-fg3">
          Nothing matches. Try the name of a screen, a flag key, or a number such as CHG-12.
        </Command.Empty>
        {found.length > 0 && (
          <Group heading="Found">
            {found.map(({ id, label, note, to }) => (
              <Item
                key={id}
                id={id}
                label={label}
                note={note}
                words={[text]}
                onSelect={then(() => goTo(to))}
              />
            ))}
          </Group>
        )}
        <Group heading="Go to">
          {allNavItems.map((item) => (
            <Item
              key={item.to}
              id={`go ${item.to}`}
              icon={<SectionIcon to={item.to} />}
              label={item.label}
              keys={item.goKey === undefined ? undefined : `g ${item.goKey}`}
              onSelect={then(() => goTo(item.to))}
            />
          ))}
        </Group>
        <Group heading="Do">
          {globalActions.map((action) => (
            <Item
              key={action.id}
              id={action.id}
              label={action.label}
              words={action.keywords}
              keys={action.key}
              onSelect={then(() => action.run({ goTo }))}
            />
          ))}
          <Item
            id="theme"
            label={toDark ? "Switch to the dark theme" : "Switch to the light theme"}
            words={["appearance", "color"]}
            onSelect={then(() => setAppearance({ theme: toDark ? "dark" : "light" }))}
          />
          <Item
            id="keys"
            label="Show keys"
            words={["shortcuts", "help"]}
            keys="?"
            onSelect={props.onKeys}
          />
        </Group>
      </Command.List>
    </Command>
  );
}

function SectionIcon(props: { to: string }) {
  const section = navigation.find(({ main }) => main.to === props.to)?.section;
  const Icon = section === undefined ? CornerDownRight : sectionIcons[section];
  return <Icon aria-hidden />;
}

function Group(props: { heading: string; children: ReactNode }) {
  return (
    <Command.Group
      heading={props.heading}
      className="[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-small [&_[cmdk-group-heading]]:text-fg3"
    >
      {props.children}
    </Command.Group>
  );
}

function Item(props: {
  id: string;
  label: string;
  note?: string | undefined;
  icon?: ReactNode;
  words?: readonly string[] | undefined;
  keys?: string | undefined;
  onSelect: () => void;
}) {
  const { id, label, note, icon, words = [], keys, onSelect } = props;
  return (
    <Command.Item
      value={id}
      keywords={[label, ...words]}
      onSelect={onSelect}
      className="flex h-9 cursor-default items-center gap-2.5 rounded-control px-2.5 data-[selected=true]:bg-hover [&_svg]:size-4 [&_svg]:text-fg3"
    >
      {icon}
      <span className="truncate">{label}</span>
      {note !== undefined && <span className="shrink-0 text-small text-fg3">{note}</span>}
      {keys !== undefined && (
        <span className="ml-auto">
          <Keys keys={keys} />
        </span>
      )}
    </Command.Item>
  );
}
