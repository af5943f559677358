import { useAppearance, useGoTo } from "@paceline/web-kit";
import type { PaletteAction } from "@paceline/web-kit";
import { useEffect } from "react";

import { features } from "./features.ts";
import { allNavItems } from "./navigation.tsx";

const goWithinMs = 1_200;

export const globalActions: readonly PaletteAction[] = features.flatMap(
  (feature) => feature.actions ?? [],
);

const isMac = /mac|iphone|ipad/iu.test(globalThis.navigator.userAgent);
/** The name of the key that opens the palette together with K. */
export const commandKey: string = isMac ? "⌘" : "Ctrl";

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches("input, textarea, select, [role='combobox']"))
  );
}

function somethingFloats(): boolean {
  return (
    document.querySelector(
      ":is([role='dialog'], [role='alertdialog'], [role='menu'])[data-open]",
    ) !== null
  );
}

/** Keys that work on every page: palette, `g` and a letter, acts with a key of their own, Esc. */
export function useShortcuts(props: { openPalette: () => void; openKeys: () => void }): void {
  const { openPalette, openKeys } = props;
  const goTo = useGoTo();
  const { keys } = useAppearance();
  useEffect(() => {
    let goUntil = 0;
    const act = (event: KeyboardEvent): boolean => {
      if (event.key === "Escape") return closePanel();
      if (keys === "off") return false;
      if (event.timeStamp < goUntil) {
        goUntil = 0;
        const item = allNavItems.find(({ goKey }) => goKey === event.key);
        if (item !== undefined) goTo(item.to);
        return item !== undefined;
      }
      if (event.key === "g") {
        goUntil = event.timeStamp + goWithinMs;
        return true;
      }
      if (event.key === "?") {
        openKeys();
        return true;
      }
      const action = globalActions.find(({ key }) => key === event.key);
      action?.run({ goTo });
      return action !== undefined;
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && !event.shiftKey) {
        event.preventDefault();
        openPalette();
        return;
      }
      const modified = event.ctrlKey || event.metaKey || event.altKey;
      if (modified || isTyping(event.target) || somethingFloats()) return;
      if (act(event)) event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [goTo, keys, openKeys, openPalette]);
}

/** Esc closes the side panel, which is a link to the list without it. */
function closePanel(): boolean {
  const link = document.querySelector("[data-closes-panel]");
  if (!(link instanceof HTMLElement)) return false;
  link.click();
  return true;
}
