import type { WayBackParts } from "@paceline/flags/web/parts";
import { lazy } from "react";

const load = async () => (await import("./parts.ts")).parts;

/** What pages of flags and experiments show of this feature; fetched with the first of them. */
export const wayBack: WayBackParts = {
  RollBackButton: lazy(async () => ({ default: (await load()).RollBackButton })),
  WayBackLine: lazy(async () => ({ default: (await load()).WayBackLine })),
  WayBackCard: lazy(async () => ({ default: (await load()).WayBackCard })),
  RehearsalsCard: lazy(async () => ({ default: (await load()).RehearsalsCard })),
  Executions: lazy(async () => ({ default: (await load()).Executions })),
};
