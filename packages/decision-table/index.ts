export { compileCell } from "./cell.ts";
export type { Cell, KnownFacts, Truth } from "./cell.ts";
export { evaluateTable } from "./evaluate.ts";
export type { Evaluation, NeedsInformation, RuleTrace } from "./evaluate.ts";
export { factInWords, listInWords, readFact } from "./facts.ts";
export type {
  FactChange,
  FactDefinition,
  FactReading,
  FactReadings,
  FactState,
  FactType,
  FactValue,
  UnknownReason,
} from "./facts.ts";
export { smallestChange } from "./smallest-change.ts";
export type { FactChangeStep, SmallestChange } from "./smallest-change.ts";
export { compileTable, policyDocument } from "./table.ts";
export type { CompiledTable, DecisionTable, Rule, TableProblem } from "./table.ts";
