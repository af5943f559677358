import type { WayBackParts } from "@paceline/flags/web/parts";
import { wayBack } from "@paceline/rollouts/web/way-back";

/** Who fills the places that a feature leaves for one that uses it; see docs/decisions/0031. */
export const filledParts: WayBackParts = wayBack;
