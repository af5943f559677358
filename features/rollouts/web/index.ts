export { Executions } from "./LateExecutions.tsx";
export { auditEntryHref, membersQuery, rollbackQuery } from "./queries.ts";
export { RollBackButton } from "./RollBackButton.tsx";
export { WayBackCard } from "./WayBackCard.tsx";
export { WayBackLine } from "./WayBackLine.tsx";
