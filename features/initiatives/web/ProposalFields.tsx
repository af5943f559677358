import { Checkbox, Select } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";

import type { ProposalDocument } from "../api.ts";
import { PURPOSES, isPurpose } from "../domain/proposal.ts";
import { RISK_DOMAINS } from "../domain/risk-domains.ts";
import { NumberField, YesNo } from "./FormFields.tsx";
import { policyQuery } from "./queries.ts";
import { sentence } from "./words.ts";

const purposes = Object.entries(PURPOSES).flatMap(([value, label]) =>
  isPurpose(value) ? [{ value, label: sentence(label) }] : [],
);

type FieldsProps = {
  proposal: ProposalDocument;
  onChange: (change: Partial<ProposalDocument>) => void;
};

/** What the change touches: what decides first. */
export function ScopeFields(props: FieldsProps) {
  const { proposal, onChange } = props;
  return (
    <div className="flex flex-col gap-4">
      <Select
        label="What is it for?"
        placeholder="Choose its purpose"
        options={purposes}
        value={proposal.purpose}
        onChange={(purpose) => onChange({ purpose })}
      />
      <RiskDomainFields
        chosen={proposal.riskDomains}
        onChange={(riskDomains) => onChange({ riskDomains })}
      />
      <YesNo
        label="Does it touch core systems?"
        hint="Systems that many others need, such as the checkout or the customer database"
        value={proposal.touchesCoreSystems}
        onChange={(touchesCoreSystems) => onChange({ touchesCoreSystems })}
      />
    </div>
  );
}

/** Nothing chosen says nothing; "none of these" is an answer. */
function RiskDomainFields(props: {
  chosen: readonly string[] | null;
  onChange: (chosen: string[] | null) => void;
}) {
  const { chosen, onChange } = props;
  const { data } = useQuery(policyQuery);
  const domains = data?.riskDomains ?? RISK_DOMAINS;
  const toggle = (key: string, on: boolean) => {
    const next = on ? [...(chosen ?? []), key] : (chosen ?? []).filter((one) => one !== key);
    onChange(next.length === 0 ? null : next);
  };
  return (
    <fieldset>
      <legend className="mb-1.5 font-medium">Which risk domains does it touch?</legend>
      <div className="grid gap-x-4 gap-y-2 sm:grid-cols-2">
        {domains.map(({ key, title }) => (
          <Checkbox
            key={key}
            label={sentence(title)}
            checked={chosen?.includes(key) === true}
            onChange={(on) => toggle(key, on)}
          />
        ))}
        <Checkbox
          label="None of these"
          checked={chosen !== null && chosen.length === 0}
          onChange={(on) => onChange(on ? [] : null)}
        />
      </div>
    </fieldset>
  );
}

/** How large the change is. */
export function SizeFields(props: FieldsProps) {
  const { proposal, onChange } = props;
  const { durationWeeks, expectedIterations, plannedSprints, eachSprintLeavesModule } = proposal;
  const chain = (plannedSprints ?? 1) > 1;
  return (
    <div className="flex flex-col gap-4">
      <div className="grid gap-4 sm:grid-cols-3">
        <NumberField
          label="Duration"
          unit="weeks"
          hint="All sprints together"
          min={0}
          max={520}
          step="any"
          value={durationWeeks}
          onChange={(value) => onChange({ durationWeeks: value })}
        />
        <NumberField
          label="Iterations expected"
          unit="runs"
          hint="Until it is settled"
          min={1}
          max={100}
          value={expectedIterations}
          onChange={(value) => onChange({ expectedIterations: value })}
        />
        <NumberField
          label="Sprints planned"
          unit="sprints"
          hint="More than one is a chain"
          min={1}
          max={100}
          value={plannedSprints}
          onChange={(value) => onChange({ plannedSprints: value })}
        />
      </div>
      {chain && (
        <YesNo
          label="Does each sprint leave a reusable module?"
          hint="A chain of two to six sprints that each leave a module is a hybrid"
          value={eachSprintLeavesModule}
          onChange={(value) => onChange({ eachSprintLeavesModule: value })}
        />
      )}
    </div>
  );
}
