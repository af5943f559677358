import type { JsonObject } from "@paceline/transparency-log";

import type { Decision } from "../domain/index.ts";

/**
 * A decision as the detail of its audit entry: every fact with value, source and age, every rule with
 * its outcome and reason, what is missing, what is required and what would make it a sprint.
 */
export function decisionDetail(decision: Decision, decisionId: string, cause: string): JsonObject {
  const { sprintIf } = decision;
  return {
    decision: decisionId,
    cause,
    outcome: decision.outcome,
    mode: decision.mode,
    decidedBy: decision.decidedBy,
    reason: decision.reason,
    policy: { ...decision.policy },
    facts: decision.facts.map((fact) => ({
      name: fact.name,
      status: fact.status,
      value: fact.status === "known" ? fact.value : null,
      source: fact.source,
      ageMs: fact.ageMs,
    })),
    unrecognized: decision.unrecognized,
    rules: decision.rules.map(({ id, truth, outcome, reason, unknownFacts }) => ({
      id,
      truth,
      outcome,
      reason,
      unknownFacts,
    })),
    needs: decision.needs.map(({ fact, why }) => ({ fact, why })),
    missingArtifacts: decision.missingArtifacts.map(({ artifact, state, checked }) => ({
      artifact,
      state,
      checked,
    })),
    requiredControls: decision.requiredControls.map(({ key }) => key),
    sprintIf:
      sprintIf.kind === "changes"
        ? {
            kind: sprintIf.kind,
            words: sprintIf.words,
            changes: sprintIf.changes.map(({ fact, from, to }) => ({ fact, from, to })),
          }
        : { ...sprintIf },
  };
}
