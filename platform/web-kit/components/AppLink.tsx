import { useRouter } from "@tanstack/react-router";
import type { ComponentProps, MouseEvent } from "react";

import { buttonClasses } from "./Button.tsx";
import type { ButtonKind } from "./Button.tsx";
import { classes } from "./classes.ts";

export type AppLinkProps = Omit<ComponentProps<"a">, "href"> & {
  /** An address of this app, from `page.href(…)` or written out. */
  to: string;
};

/** A link inside the app: no page load, code of the target fetched on hover. */
export function AppLink(props: AppLinkProps) {
  const { to, onClick, onPointerEnter, children, ...rest } = props;
  const router = useRouter();
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    const elsewhere = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (event.defaultPrevented || elsewhere || event.button !== 0) return;
    event.preventDefault();
    router.history.push(to);
  };
  return (
    <a
      {...rest}
      href={to}
      onClick={follow}
      onPointerEnter={(event) => {
        onPointerEnter?.(event);
        const [path] = to.split("?");
        void router.preloadRoute({ to: path ?? to }).catch(() => undefined);
      }}
    >
      {children}
    </a>
  );
}

/** A link in running text. */
export function TextLink(props: AppLinkProps) {
  const { className, ...rest } = props;
  return (
    <AppLink
      {...rest}
      className={classes(
        "font-medium text-fg underline decoration-line-2 underline-offset-3 hover:decoration-current",
        className,
      )}
    />
  );
}

/** A link that looks like a button, for acts that lead to another screen. */
export function LinkButton(
  props: AppLinkProps & {
    kind?: ButtonKind | undefined;
    small?: boolean | undefined;
    wide?: boolean | undefined;
  },
) {
  const { kind, small, wide, className, ...rest } = props;
  return <AppLink {...rest} className={classes(buttonClasses({ kind, small, wide }), className)} />;
}
