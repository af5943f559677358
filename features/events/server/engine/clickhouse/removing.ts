import type { CompiledQuery } from "../plan.ts";
import { localEvents, SCOPES } from "./schema.ts";
import { identifier, literal } from "./statement.ts";

export function onCluster(cluster: string | null): string {
  return cluster === null ? "" : ` ON CLUSTER ${identifier(cluster)}`;
}

/** Everything of one environment. */
export function forgetStatements(
  cluster: string | null,
  workspace: string,
  environment: string,
): CompiledQuery[] {
  const condition = `workspace = ${literal(workspace)} AND environment = ${literal(environment)}`;
  return [localEvents(cluster), SCOPES].map((table) => ({
    text: `ALTER TABLE ${table}${onCluster(cluster)} DELETE WHERE ${condition}`,
    parameters: [],
  }));
}
