import type { ComponentProps, ReactNode } from "react";

import { classes } from "./classes.ts";

export type ButtonKind = "primary" | "bordered" | "danger" | "quiet";

const kinds = {
  primary: "bg-ink text-on-ink border-transparent hover:bg-ink-hover",
  bordered: "bg-surface text-fg border-line-2 shadow-rest hover:bg-hover",
  danger: "bg-surface text-negative border-negative-line hover:bg-negative-tint",
  quiet: "bg-transparent text-fg2 border-transparent hover:bg-hover hover:text-fg",
} as const satisfies Record<ButtonKind, string>;

type Look = {
  /** One primary button a view; a way back is `danger`. Default bordered. */
  kind?: ButtonKind | undefined;
  small?: boolean | undefined;
  icon?: ReactNode;
  /** Shows that the act is under way and refuses a second click. */
  busy?: boolean | undefined;
  wide?: boolean | undefined;
};

/** The class names of a button, for a link that acts like one. */
export function buttonClasses(look: Pick<Look, "kind" | "small" | "wide">): string {
  return classes(
    "inline-flex shrink-0 select-none items-center justify-center gap-2 rounded-control border",
    "whitespace-nowrap text-body font-medium transition-colors duration-100",
    "disabled:opacity-50 data-disabled:opacity-50 aria-disabled:opacity-50",
    "[&_svg]:size-[15px] [&_svg]:shrink-0",
    look.small === true ? "h-7 px-2.5" : "h-8 px-3",
    look.wide === true && "w-full",
    kinds[look.kind ?? "bordered"],
  );
}

export type ButtonProps = Omit<ComponentProps<"button">, "children"> &
  Look & { children: ReactNode };

export function Button(props: ButtonProps) {
  const { kind, small, icon, busy, wide, className, children, type = "button", ...rest } = props;
  return (
    <button
      {...rest}
      type={type === "submit" ? "submit" : "button"}
      disabled={rest.disabled === true || busy === true}
      aria-busy={busy === true || undefined}
      className={classes(buttonClasses({ kind, small, wide }), className)}
    >
      {icon}
      {children}
      {busy === true && (
        <span
          aria-hidden
          className="size-3 animate-spin rounded-full border-2 border-current border-t-transparent"
        />
      )}
    </button>
  );
}

export type IconButtonProps = Omit<ComponentProps<"button">, "children" | "aria-label"> & {
  /** What the button does, for those who cannot see its icon; also its tooltip. */
  label: string;
  icon: ReactNode;
  small?: boolean | undefined;
  bordered?: boolean | undefined;
};

export function IconButton(props: IconButtonProps) {
  const { label, icon, small, bordered, className, ...rest } = props;
  return (
    <button
      title={label}
      {...rest}
      type="button"
      aria-label={label}
      className={classes(
        "inline-flex shrink-0 items-center justify-center rounded-control border text-fg2",
        "transition-colors duration-100 hover:bg-hover hover:text-fg disabled:opacity-50",
        "[&_svg]:size-4",
        small === true ? "size-7" : "size-8",
        bordered === true ? "border-line-2 bg-surface shadow-rest" : "border-transparent",
        className,
      )}
    >
      {icon}
    </button>
  );
}
