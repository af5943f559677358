import type { Lifecycle } from "./flag.ts";

/** The parts of a flag's life between which people move it; the others follow from what they do. */
export const SETTABLE_LIFECYCLES = ["live", "concluded", "clean-up"] as const;
export type SettableLifecycle = (typeof SETTABLE_LIFECYCLES)[number];

/** Why a flag cannot be moved by hand, in words with the way out; null if it can. */
export function lifecycleRefusal(from: Lifecycle): string | null {
  switch (from) {
    case "draft":
      return "It was never published: publish it, or archive it.";
    case "archived":
      return "It is archived: revert it to a revision to bring it back.";
    case "live":
    case "concluded":
    case "clean-up":
      return null;
  }
}
