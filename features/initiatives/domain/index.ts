export {
  ARTIFACT_TITLES,
  checkArtifacts,
  missingArtifacts,
  requiredArtifacts,
  SPRINT_ARTIFACTS,
  WRITTEN_ARTIFACTS,
} from "./artifacts.ts";
export type {
  ArtifactCheck,
  ArtifactContents,
  ArtifactEvidence,
  OwnedPlan,
  ArtifactKey,
  ArtifactState,
  Observed,
  SprintArtifact,
  WrittenArtifact,
} from "./artifacts.ts";
export { compilePolicy, decideInitiative, sprintOnceReady } from "./decision.ts";
export type { CompiledPolicy, DecidedFact, Decision } from "./decision.ts";
export { DEFAULT_POLICY_CASES } from "./default-policy-cases.ts";
export { DEFAULT_POLICY } from "./default-policy.ts";
export type { Policy } from "./default-policy.ts";
export { exposureHold } from "./exposure.ts";
export type { ExposureHold } from "./exposure.ts";
export { artifactFact, factCatalog, factReadings } from "./fact-catalog.ts";
export type { History } from "./fact-catalog.ts";
export {
  cancel,
  capture,
  decide,
  edit,
  giveVerdict,
  INITIATIVE_STATES,
  markReady,
  propose,
  VERDICTS,
} from "./initiative.ts";
export type {
  CancelRefusal,
  CaptureRefusal,
  InitiativeState,
  ProposeRefusal,
  ReadyRefusal,
  Standing,
  Verdict,
  WrongState,
} from "./initiative.ts";
export { startIteration } from "./iterations.ts";
export type { IterationRefusal, NextIteration } from "./iterations.ts";
export { DECISION_OUTCOMES, modeOf } from "./mode.ts";
export type { ControlKey, DecisionOutcome, Mode, PolicyOutcome } from "./mode.ts";
export { caseReadings, coverage, runCases } from "./policy-cases.ts";
export type { CaseResult, PolicyCase, RuleCoverage } from "./policy-cases.ts";
export { EMPTY_PROPOSAL } from "./proposal.ts";
export type { Proposal, Purpose } from "./proposal.ts";
export { statusWords } from "./status.ts";
export type { StatusInput } from "./status.ts";
export { isBuiltInRiskDomain, isRiskDomainKey, RISK_DOMAINS } from "./risk-domains.ts";
export type { RiskDomain } from "./risk-domains.ts";
export { openTimebox, readTimebox } from "./timebox.ts";
export type { Timebox, TimeboxClock, TimeboxRefusal } from "./timebox.ts";
