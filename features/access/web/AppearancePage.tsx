import { Card, SegmentedControl, Switch, setAppearance, useAppearance } from "@paceline/web-kit";

import { SettingsFrame } from "./SettingsFrame.tsx";

export function AppearancePage() {
  const { theme, density, keys } = useAppearance();
  return (
    <SettingsFrame title="Appearance" lead="Kept in this browser, for you alone.">
      <Card className="max-w-xl">
        <div className="flex flex-col gap-5">
          <div className="flex flex-wrap items-center justify-between gap-2">
            <div>
              <h2 className="font-medium">Theme</h2>
              <p className="text-small text-fg3">Both have the same contrast.</p>
            </div>
            <SegmentedControl
              label="Theme"
              segments={[
                { value: "system", label: "As the system" },
                { value: "light", label: "Light" },
                { value: "dark", label: "Dark" },
              ]}
              value={theme}
              onChange={(next) => setAppearance({ theme: next })}
            />
          </div>
          <div className="flex flex-wrap items-center justify-between gap-2">
            <div>
              <h2 className="font-medium">Density</h2>
              <p className="text-small text-fg3">
                Changes the height of rows, never the size of text.
              </p>
            </div>
            <SegmentedControl
              label="Density"
              segments={[
                { value: "comfortable", label: "Comfortable" },
                { value: "compact", label: "Compact" },
              ]}
              value={density}
              onChange={(next) => setAppearance({ density: next })}
            />
          </div>
          <Switch
            label="Single keys do something"
            hint="g and a letter, c, ? and the like. Ctrl K and Esc always work."
            checked={keys === "on"}
            onChange={(on) => setAppearance({ keys: on ? "on" : "off" })}
          />
        </div>
      </Card>
    </SettingsFrame>
  );
}
