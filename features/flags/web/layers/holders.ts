import type { ApiProblem } from "@paceline/web-kit";

/** A rule that holds slots of a layer where it is in force. */
export type Holder = {
  readonly environment: string;
  readonly flagKey: string;
  readonly ruleId: string;
};

function isHolder(claim: unknown): claim is Holder {
  return (
    typeof claim === "object" &&
    claim !== null &&
    "environment" in claim &&
    typeof claim.environment === "string" &&
    "flagKey" in claim &&
    typeof claim.flagKey === "string" &&
    "ruleId" in claim &&
    typeof claim.ruleId === "string"
  );
}

/** Who holds slots, as the refusal to archive a layer says; nobody for any other refusal. */
export function holdersIn({
  kind,
  extensions,
}: Pick<ApiProblem, "kind" | "extensions">): readonly Holder[] {
  const { claims } = extensions;
  return kind === "layer-in-use" && Array.isArray(claims) ? claims.filter(isHolder) : [];
}
