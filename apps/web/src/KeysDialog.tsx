import { Dialog, Keys, Switch, setAppearance, useAppearance } from "@paceline/web-kit";

import { allNavItems } from "./navigation.tsx";
import { commandKey, globalActions } from "./shortcuts.ts";

export default function KeysDialog(props: { open: boolean; onClose: () => void }) {
  const { keys } = useAppearance();
  const rows = [
    { label: "Search or run", keys: `${commandKey} K` },
    ...allNavItems.flatMap(({ label, goKey }) =>
      goKey === undefined ? [] : [{ label: `Go to ${label}`, keys: `g ${goKey}` }],
    ),
    ...globalActions.flatMap(({ label, key }) => (key === undefined ? [] : [{ label, keys: key }])),
    { label: "Close the topmost thing", keys: "Esc" },
    { label: "Show these keys", keys: "?" },
  ];
  return (
    <Dialog open={props.open} onOpenChange={props.onClose} title="Keys">
      <dl className="flex flex-col">
        {rows.map((row) => (
          <div
            key={row.label}
            className="flex min-h-8 items-center justify-between border-b border-line last:border-b-0"
          >
            <dt>{row.label}</dt>
            <dd>
              <Keys keys={row.keys} />
            </dd>
          </div>
        ))}
      </dl>
      <Switch
        label="Single keys do something"
        hint="Turn this off if you dictate, or press keys by accident. Ctrl K and Esc stay."
        checked={keys === "on"}
        onChange={(on) => setAppearance({ keys: on ? "on" : "off" })}
      />
    </Dialog>
  );
}
