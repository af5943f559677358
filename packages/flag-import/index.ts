export type { Bucketing, FlagdDocument, FlagdFlag, FlagReport, Imported } from "./imported.ts";
export { importUnleash, variantFlagKey } from "./unleash/import.ts";
export { unleashOperators } from "./unleash/operators.ts";
