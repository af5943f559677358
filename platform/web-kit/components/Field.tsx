import { Field as Base } from "@base-ui/react/field";
import type { ComponentProps, ReactNode } from "react";

import { classes } from "./classes.ts";

export type FieldFrame = {
  label: string;
  /** What to write, before there is an error. */
  hint?: ReactNode;
  /** What is wrong and the way out; usually `problem.faultAt("/name")`. */
  error?: string | undefined;
  optional?: boolean | undefined;
  /** The label is for screen readers only, where the place says it already. */
  hideLabel?: boolean | undefined;
};

export const controlClasses =
  "w-full rounded-control border border-fg3 bg-surface px-2.5 text-body text-fg " +
  "hover:border-fg2 focus-visible:outline-offset-0 disabled:bg-sunken disabled:text-fg3 " +
  "aria-invalid:border-negative data-invalid:border-negative";

/** Label, control, hint and error, tied together for screen readers. */
export function Field(props: FieldFrame & { children: ReactNode; native?: boolean | undefined }) {
  const { label, hint, error, optional, hideLabel, children } = props;
  return (
    <Base.Root invalid={error !== undefined} className="flex min-w-0 flex-col gap-1.5">
      <Base.Label
        className={hideLabel === true ? "sr-only" : "font-medium"}
        nativeLabel={props.native ?? true}
        render={(props.native ?? true) ? undefined : <span />}
      >
        {label}
        {optional === true && <span className="font-normal text-fg3"> optional</span>}
      </Base.Label>
      {children}
      {hint !== undefined && error === undefined && (
        <Base.Description className="text-small text-fg3">{hint}</Base.Description>
      )}
      {error !== undefined && (
        <Base.Error match className="text-small text-negative">
          {error}
        </Base.Error>
      )}
    </Base.Root>
  );
}

type TextControl = Omit<ComponentProps<"input">, "onChange" | "value" | "children" | "ref"> & {
  value: string;
  onChange: (value: string) => void;
  mono?: boolean | undefined;
  /** Shown before the text, such as a search icon or a currency. */
  before?: ReactNode;
  after?: ReactNode;
};

export function TextField(props: FieldFrame & TextControl) {
  const { label, hint, error, optional, hideLabel, ...control } = props;
  return (
    <Field label={label} hint={hint} error={error} optional={optional} hideLabel={hideLabel}>
      <TextInput {...control} />
    </Field>
  );
}

function TextInput(props: TextControl) {
  const { value, onChange, mono, before, after, className, ...rest } = props;
  return (
    <span className="relative flex items-center">
      {before !== undefined && (
        <span
          aria-hidden
          className="pointer-events-none absolute left-2.5 text-fg3 [&_svg]:size-[15px]"
        >
          {before}
        </span>
      )}
      <Base.Control
        {...rest}
        value={value}
        onValueChange={(next) => onChange(next)}
        className={classes(
          controlClasses,
          "h-8",
          mono === true && "font-mono text-small",
          before !== undefined && "pl-8",
          after !== undefined && "pr-16",
          className,
        )}
      />
      {after !== undefined && (
        <span className="absolute right-2.5 text-small text-fg3">{after}</span>
      )}
    </span>
  );
}

type AreaControl = Omit<ComponentProps<"textarea">, "onChange" | "value" | "children" | "ref"> & {
  value: string;
  onChange: (value: string) => void;
  mono?: boolean | undefined;
};

/** Several lines; grows with its text up to half the window. */
export function TextArea(props: FieldFrame & AreaControl) {
  const { label, hint, error, optional, hideLabel, value, onChange, mono, ...rest } = props;
  return (
    <Field label={label} hint={hint} error={error} optional={optional} hideLabel={hideLabel}>
      <Base.Control
        value={value}
        onValueChange={(next) => onChange(next)}
        render={<textarea {...rest} />}
        className={classes(
          controlClasses,
          "field-sizing-content max-h-[50vh] min-h-16 py-1.5 leading-5",
          mono === true && "font-mono text-small",
        )}
      />
    </Field>
  );
}
