import { Check } from "lucide-react";
import type { ReactNode } from "react";
import { useId } from "react";

type ChoiceProps = {
  label: ReactNode;
  /** What follows from it. */
  hint?: ReactNode;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean | undefined;
  name?: string | undefined;
};

function ChoiceFrame(props: {
  choice: ChoiceProps;
  control: (id: string, note: string | undefined) => ReactNode;
}) {
  const { label, hint, disabled } = props.choice;
  const id = useId();
  const note = hint === undefined ? undefined : `${id}-note`;
  return (
    <div className="flex items-start gap-2.5">
      {props.control(id, note)}
      <div className="min-w-0">
        <label htmlFor={id} className={disabled === true ? "text-fg3" : undefined}>
          {label}
        </label>
        {hint !== undefined && (
          <p id={note} className="text-small text-fg3">
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}

export function Checkbox(props: ChoiceProps) {
  const { checked, onChange, disabled, name } = props;
  return (
    <ChoiceFrame
      choice={props}
      control={(id, note) => (
        <span className="relative mt-0.5 grid size-4 shrink-0 place-items-center">
          <input
            id={id}
            type="checkbox"
            name={name}
            checked={checked}
            disabled={disabled}
            aria-describedby={note}
            onChange={(event) => onChange(event.target.checked)}
            className="peer absolute inset-0 appearance-none rounded-[4px] border border-fg3 bg-surface checked:border-ink checked:bg-ink disabled:opacity-50"
          />
          <Check
            aria-hidden
            strokeWidth={3}
            className="pointer-events-none relative size-3 text-on-ink opacity-0 peer-checked:opacity-100"
          />
        </span>
      )}
    />
  );
}

/** Takes effect at once, unlike a checkbox in a form. */
export function Switch(props: ChoiceProps) {
  const { checked, onChange, disabled, name } = props;
  return (
    <ChoiceFrame
      choice={props}
      control={(id, note) => (
        <span className="relative flex h-5 w-8 shrink-0 items-center">
          <input
            id={id}
            type="checkbox"
            role="switch"
            name={name}
            checked={checked}
            aria-checked={checked}
            disabled={disabled}
            aria-describedby={note}
            onChange={(event) => onChange(event.target.checked)}
            className="peer absolute inset-0 appearance-none rounded-full border border-fg3 bg-hover transition-colors duration-100 checked:border-accent-solid checked:bg-accent-solid disabled:opacity-50"
          />
          <span className="pointer-events-none relative ml-[3px] size-3.5 rounded-full bg-fg3 transition-transform duration-100 peer-checked:translate-x-3 peer-checked:bg-on-solid" />
        </span>
      )}
    />
  );
}
