import { Checkbox as BaseCheckbox } from "@base-ui/react/checkbox";
import { Switch as BaseSwitch } from "@base-ui/react/switch";
import { Check } from "lucide-react";
import type { ReactNode } from "react";

import { classes } from "./classes.ts";

type ChoiceProps = {
  label: ReactNode;
  /** What follows from it. */
  hint?: ReactNode;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean | undefined;
  name?: string | undefined;
};

function ChoiceFrame(props: { control: ReactNode; choice: ChoiceProps }) {
  const { control, choice } = props;
  return (
    // The label wraps the control, which Base UI renders with a hidden input.
    // oxlint-disable-next-line jsx-a11y/label-has-associated-control
    <label className="flex min-h-6 items-start gap-2.5">
      {control}
      <span className="min-w-0">
        <span className={choice.disabled === true ? "text-fg3" : undefined}>{choice.label}</span>
        {choice.hint !== undefined && (
          <span className="block text-small text-fg3">{choice.hint}</span>
        )}
      </span>
    </label>
  );
}

export function Checkbox(props: ChoiceProps) {
  return (
    <ChoiceFrame
      choice={props}
      control={
        <BaseCheckbox.Root
          checked={props.checked}
          onCheckedChange={(checked) => props.onChange(checked)}
          disabled={props.disabled ?? false}
          name={props.name}
          className={classes(
            "mt-0.5 grid size-4 shrink-0 place-items-center rounded-[4px] border border-fg3 bg-surface",
            "data-checked:border-ink data-checked:bg-ink data-checked:text-on-ink data-disabled:opacity-50",
          )}
        >
          <BaseCheckbox.Indicator>
            <Check aria-hidden className="size-3" strokeWidth={3} />
          </BaseCheckbox.Indicator>
        </BaseCheckbox.Root>
      }
    />
  );
}

/** Takes effect at once, unlike a checkbox in a form. */
export function Switch(props: ChoiceProps) {
  return (
    <ChoiceFrame
      choice={props}
      control={
        <BaseSwitch.Root
          checked={props.checked}
          onCheckedChange={(checked) => props.onChange(checked)}
          disabled={props.disabled ?? false}
          name={props.name}
          className={classes(
            "flex h-5 w-8 shrink-0 items-center rounded-full border border-fg3 bg-hover p-0.5",
            "transition-colors duration-100 data-checked:border-accent-solid data-checked:bg-accent-solid data-disabled:opacity-50",
          )}
        >
          <BaseSwitch.Thumb className="size-3.5 rounded-full bg-fg3 transition-transform duration-100 data-checked:translate-x-3 data-checked:bg-on-solid" />
        </BaseSwitch.Root>
      }
    />
  );
}
