import { useEffect, useSyncExternalStore } from "react";

import type { PaletteAction } from "./feature.ts";

/** Acts on the object in view, offered while its page is open. */
let actionsInView: readonly PaletteAction[] = [];
const listeners = new Set<() => void>();

function change(next: readonly PaletteAction[]): void {
  actionsInView = next;
  for (const listener of listeners) listener();
}

/** Offers acts in the palette while the calling page is open. Keep `actions` stable (useMemo). */
export function usePaletteActions(actions: readonly PaletteAction[]): void {
  useEffect(() => {
    change([...actionsInView, ...actions]);
    return () => change(actionsInView.filter((action) => !actions.includes(action)));
  }, [actions]);
}

/** For the shell: what the open page offers. */
export function useActionsInView(): readonly PaletteAction[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => actionsInView,
  );
}
