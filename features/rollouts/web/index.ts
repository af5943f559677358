export { Executions } from "./LateExecutions.tsx";
export { newRolloutPage, rolloutPage } from "./pages.ts";
export { auditEntryHref, membersQuery, rollbackQuery } from "./queries.ts";
export { RehearsalsCard } from "./RehearsalsCard.tsx";
export { RollBackButton } from "./RollBackButton.tsx";
export { WayBackCard } from "./LateWayBack.tsx";
export { WayBackLine } from "./WayBackLine.tsx";
