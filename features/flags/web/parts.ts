/**
 * Places on the pages of a flag and of its experiments for what another feature owns: the way back.
 * That feature knows flags and experiments, so they cannot import it; the app fills the places.
 */
import { Suspense, createContext, createElement, useContext } from "react";
import type { ComponentType, ReactElement, ReactNode } from "react";

type InEnvironment = { readonly environment: string; readonly flagKey: string };
/** What a way back may be defined for, besides its flag. */
type DefinedFor = InEnvironment & {
  readonly experimentId?: string | null | undefined;
  readonly initiativeId?: string | null | undefined;
};

/** What fills the places. Each part may be fetched when it is first shown. */
export type WayBackParts = {
  /** Takes the flag back at once. */
  readonly RollBackButton: ComponentType<InEnvironment>;
  /** One line for a header: how the flag is undone, and how long that takes. */
  readonly WayBackLine: ComponentType<InEnvironment>;
  /** Where the flag goes back to; it can be defined in place. */
  readonly WayBackCard: ComponentType<DefinedFor>;
  readonly RehearsalsCard: ComponentType<InEnvironment>;
  /** Every rollback so far. */
  readonly Executions: ComponentType<InEnvironment>;
};

const nothing = () => null;

/** Without anybody who fills them, the places stay empty. */
export const emptyParts: WayBackParts = {
  RollBackButton: nothing,
  WayBackLine: nothing,
  WayBackCard: nothing,
  RehearsalsCard: nothing,
  Executions: nothing,
};

export const WayBackContext = createContext(emptyParts);

/** @param waiting shown until the part is there, unless the page says what else */
function placeFor<Props extends InEnvironment>(
  choose: (parts: WayBackParts) => ComponentType<Props>,
  waiting: ReactNode = null,
): (props: Props & { readonly pending?: ReactNode }) => ReactElement {
  return function Place(props) {
    const part = choose(useContext(WayBackContext));
    return createElement(
      Suspense,
      { fallback: props.pending ?? waiting },
      createElement<Props>(part, props),
    );
  };
}

const emptyLine = createElement("p", { className: "mt-1.5 text-small" }, "\u{a0}");

export const RollBackButton = placeFor((parts) => parts.RollBackButton);
/** Keeps its height while it is fetched, so that nothing below it moves. */
export const WayBackLine = placeFor((parts) => parts.WayBackLine, emptyLine);
export const WayBackCard = placeFor((parts) => parts.WayBackCard);
export const RehearsalsCard = placeFor((parts) => parts.RehearsalsCard);
export const Executions = placeFor((parts) => parts.Executions);
