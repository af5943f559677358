import type { ComponentProps, ReactNode } from "react";
import { useId } from "react";

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

/** What ties a control to its label, hint and error. */
export type ControlWiring = {
  readonly id: string;
  readonly "aria-describedby": string | undefined;
  readonly "aria-invalid": true | undefined;
};

export const controlClasses =
  "w-full rounded-control border border-fg3 bg-surface px-2.5 text-body text-fg " +
  "hover:border-fg2 focus-visible:outline-offset-0 disabled:bg-sunken disabled:text-fg3 " +
  "aria-invalid:border-negative";

/** Label, control, hint and error, tied together for screen readers. */
export function Field(props: FieldFrame & { children: (wiring: ControlWiring) => ReactNode }) {
  const { label, hint, error, optional, hideLabel, children } = props;
  const id = useId();
  const note = error ?? hint;
  return (
    <div className="flex min-w-0 flex-col gap-1.5">
      <label htmlFor={id} className={hideLabel === true ? "sr-only" : "font-medium"}>
        {label}
        {optional === true && <span className="font-normal text-fg3"> optional</span>}
      </label>
      {children({
        id,
        "aria-describedby": note === undefined ? undefined : `${id}-note`,
        "aria-invalid": error === undefined ? undefined : true,
      })}
      {note !== undefined && (
        <p
          id={`${id}-note`}
          role={error === undefined ? undefined : "alert"}
          className={classes("text-small", error === undefined ? "text-fg3" : "text-negative")}
        >
          {note}
        </p>
      )}
    </div>
  );
}

type TextControl = Omit<ComponentProps<"input">, "onChange" | "value" | "children"> & {
  value: string;
  onChange: (value: string) => void;
  mono?: boolean | undefined;
  /** Shown before the text, such as a search icon or a currency. */
  before?: ReactNode;
  /** Shown after the text, such as a unit. */
  after?: ReactNode;
};

export function TextField(props: FieldFrame & TextControl) {
  const { label, hint, error, optional, hideLabel, ...control } = props;
  const { value, onChange, mono, before, after, className, ...rest } = control;
  return (
    <Field label={label} hint={hint} error={error} optional={optional} hideLabel={hideLabel}>
      {(wiring) => (
        <span className="relative flex items-center">
          {before !== undefined && (
            <span
              aria-hidden
              className="pointer-events-none absolute left-2.5 text-fg3 [&_svg]:size-[15px]"
            >
              {before}
            </span>
          )}
          <input
            {...rest}
            {...wiring}
            value={value}
            onChange={(event) => onChange(event.target.value)}
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
      )}
    </Field>
  );
}

type AreaControl = Omit<ComponentProps<"textarea">, "onChange" | "value" | "children"> & {
  value: string;
  onChange: (value: string) => void;
  mono?: boolean | undefined;
};

/** Several lines; grows with its text up to half the window. */
export function TextArea(props: FieldFrame & AreaControl) {
  const { label, hint, error, optional, hideLabel, value, onChange, mono, ...rest } = props;
  return (
    <Field label={label} hint={hint} error={error} optional={optional} hideLabel={hideLabel}>
      {(wiring) => (
        <textarea
          {...rest}
          {...wiring}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          className={classes(
            controlClasses,
            "field-sizing-content max-h-[50vh] min-h-16 py-1.5 leading-5",
            mono === true && "font-mono text-small",
          )}
        />
      )}
    </Field>
  );
}
