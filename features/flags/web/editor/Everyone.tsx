import { Card, Select, Switch } from "@paceline/web-kit";

import type { ConfigurationDraft } from "./edit.ts";
import type { FaultAt } from "./faults.ts";

const inCode = "";

/** What happens where no rule applies, and while the flag is off. */
export function Everyone(props: {
  draft: ConfigurationDraft;
  variants: readonly string[];
  faultAt: FaultAt;
  disabled: boolean;
  onChange: (change: Partial<ConfigurationDraft>) => void;
}) {
  const { draft, variants, faultAt, disabled, onChange } = props;
  const options = [
    ...variants.map((name) => ({ value: name, label: name })),
    { value: inCode, label: "The default in the code" },
  ];
  const chosen = (value: string) => (value === inCode ? null : value);
  return (
    <Card title="Everyone else" note="where no rule applies, and while the flag is off">
      <div className="grid gap-4 sm:grid-cols-2">
        <Select
          label="Everyone else gets"
          options={options}
          value={draft.defaultVariant ?? inCode}
          disabled={disabled}
          onChange={(value) => onChange({ defaultVariant: chosen(value) })}
          error={faultAt("/defaultVariant")}
        />
        <Select
          label="While it is off, everyone gets"
          options={options}
          value={draft.offVariant ?? inCode}
          disabled={disabled}
          onChange={(value) => onChange({ offVariant: chosen(value) })}
          error={faultAt("/offVariant")}
        />
        <Switch
          label="On"
          hint="Off serves the off variant to everyone once published; the rules wait"
          checked={draft.enabled}
          disabled={disabled}
          onChange={(enabled) => onChange({ enabled })}
        />
      </div>
    </Card>
  );
}
