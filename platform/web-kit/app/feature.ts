import type { ComponentType } from "react";

/** Top-level parts of the product, in the order of the sidebar (ui.md §7). */
export const sections = [
  "overview",
  "initiatives",
  "experiments",
  "roadmap",
  "delivery",
  "workflows",
  "assurance",
  "settings",
] as const;
export type Section = (typeof sections)[number];

/** Binds an address to the component that shows it; its code is fetched when it is first opened. */
export type Route = {
  readonly path: string;
  readonly load: () => Promise<{ readonly default: ComponentType }>;
  /** Shown without the shell and without a session: sign-in and first run. */
  readonly open?: boolean | undefined;
};

export type NavItem = {
  readonly section: Section;
  /** The first item of a section is the section's own; others are listed below it. */
  readonly label: string;
  readonly to: string;
  /** Letter that goes there after `g`. */
  readonly goKey?: string | undefined;
  /** A hook: how many things wait there; undefined shows nothing. */
  readonly useCount?: (() => number | undefined) | undefined;
};

export type PaletteContext = { readonly goTo: (address: string) => void };

/** Something the palette can do. Every act in it also exists on a screen. */
export type PaletteAction = {
  readonly id: string;
  readonly label: string;
  /** Words that find it besides its label. */
  readonly keywords?: readonly string[] | undefined;
  /** One key that runs it anywhere outside a text field, such as `c`. */
  readonly key?: string | undefined;
  readonly run: (context: PaletteContext) => void;
};

export type FoundObject = {
  readonly id: string;
  readonly label: string;
  /** Its kind or key, in grey: "Flag", "CHG-12". */
  readonly note?: string | undefined;
  readonly to: string;
};

/** What a feature adds to the app; export it as `web` from `web/index.ts`. */
export type FeatureWeb = {
  readonly name: string;
  readonly routes: readonly Route[];
  readonly nav?: readonly NavItem[] | undefined;
  readonly actions?: readonly PaletteAction[] | undefined;
  /** Finds objects by what was typed in the palette; at most about eight. */
  readonly find?:
    | ((text: string, signal: AbortSignal) => Promise<readonly FoundObject[]>)
    | undefined;
};

/** Binds a page's address to its component. */
export function route(
  page: { readonly path: string },
  load: () => Promise<ComponentType>,
  options: { readonly open?: boolean } = {},
): Route {
  return { path: page.path, load: async () => ({ default: await load() }), ...options };
}

export function defineFeature(feature: FeatureWeb): FeatureWeb {
  return feature;
}
