import type { WayBackParts } from "@paceline/flags/web/parts";

import { Executions } from "./LateExecutions.tsx";
import { RehearsalsCard } from "./LateRehearsals.tsx";
import { WayBackCard } from "./LateWayBack.tsx";
import { RollBackButton } from "./RollBackButton.tsx";
import { WayBackLine } from "./WayBackLine.tsx";

/** What every header shows is here; the cards are fetched when they are shown. */
export const parts: WayBackParts = {
  RollBackButton,
  WayBackLine,
  WayBackCard,
  RehearsalsCard,
  Executions,
};
