import type { ArtifactContentsDocument } from "../api.ts";
import type { WrittenArtifact } from "../domain/artifacts.ts";
import {
  AutomationFields,
  ComplianceFields,
  DependencyFields,
  FlagFields,
  HypothesisFields,
  RoadmapFields,
  StaffingFields,
  TelemetryFields,
} from "./ArtifactFields.tsx";

/** The fields of one written artifact. */
export function ArtifactEditor(props: {
  artifact: WrittenArtifact;
  contents: ArtifactContentsDocument;
  onChange: (change: ArtifactContentsDocument) => void;
}) {
  const { artifact, contents, onChange } = props;
  switch (artifact) {
    case "hypothesis":
      return (
        <HypothesisFields
          value={contents.hypothesis}
          onChange={(hypothesis) => onChange({ hypothesis })}
        />
      );
    case "telemetryPlan":
      return (
        <TelemetryFields
          value={contents.telemetryPlan}
          onChange={(telemetryPlan) => onChange({ telemetryPlan })}
        />
      );
    case "featureFlag":
      return (
        <FlagFields
          value={contents.featureFlag}
          onChange={(featureFlag) => onChange({ featureFlag })}
        />
      );
    case "dependencyMap":
      return (
        <DependencyFields
          value={contents.dependencyMap}
          onChange={(dependencyMap) => onChange({ dependencyMap })}
        />
      );
    case "roadmap":
      return (
        <RoadmapFields value={contents.roadmap} onChange={(roadmap) => onChange({ roadmap })} />
      );
    case "complianceEvidence":
      return (
        <ComplianceFields
          value={contents.complianceEvidence}
          onChange={(complianceEvidence) => onChange({ complianceEvidence })}
        />
      );
    case "automationGoals":
      return (
        <AutomationFields
          value={contents.automationGoals}
          onChange={(automationGoals) => onChange({ automationGoals })}
        />
      );
    case "staffing":
      return (
        <StaffingFields value={contents.staffing} onChange={(staffing) => onChange({ staffing })} />
      );
  }
}
