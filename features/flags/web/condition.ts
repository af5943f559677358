export { ConditionEditor } from "./editor/ConditionEditor.tsx";
export { emptyComparison } from "./editor/edit.ts";
export { useReach } from "./editor/use-reach.ts";
export { recordedContextsQuery } from "./queries.ts";
