import { Card, formatPercent } from "@paceline/web-kit";

import type { CriterionDocument } from "../../api.ts";
import type { CriterionFields } from "./fields.ts";
import { NumberField } from "./NumberField.tsx";

type Design = CriterionDocument["design"];

const tolerance = 1e-6;

/** How the run is built: arms, sample, timebox, and what makes it invalid. */
export function DesignFields(props: CriterionFields) {
  const { criterion, problem, pointer, disabled, onChange } = props;
  const { design, validity } = criterion;
  const change = (part: Partial<Design>) =>
    onChange({ ...criterion, design: { ...design, ...part } });
  const fault = (path: string) => problem?.faultAt(`${pointer}/design${path}`);
  const total = Object.values(design.allocation).reduce((sum, share) => sum + share, 0);
  return (
    <Card title="Design" note="arms, sample and timebox">
      <div className="flex flex-col gap-4">
        <fieldset className="grid gap-4 sm:grid-cols-3">
          <legend className="mb-2 font-medium">
            Planned share of each variant{" "}
            <span className="font-normal text-fg3">
              {Math.abs(total - 1) < tolerance
                ? "adds up to 100%"
                : `adds up to ${formatPercent(total)}, must be 100%`}
            </span>
          </legend>
          {Object.entries(design.allocation).map(([arm, share]) => (
            <NumberField
              key={arm}
              label={arm}
              factor={100}
              after="%"
              disabled={disabled}
              value={share}
              onChange={(next) => change({ allocation: { ...design.allocation, [arm]: next } })}
            />
          ))}
        </fieldset>
        {fault("/allocation") !== undefined && (
          <p role="alert" className="text-small text-negative">
            {fault("/allocation")}
          </p>
        )}
        <div className="grid gap-4 sm:grid-cols-3">
          <NumberField
            label="Planned units"
            step={1}
            disabled={disabled}
            value={design.plannedUnits}
            onChange={(plannedUnits) => change({ plannedUnits })}
            error={fault("/plannedUnits")}
          />
          <NumberField
            label="At least"
            after="days"
            step={1}
            disabled={disabled}
            value={design.minDays}
            onChange={(minDays) => change({ minDays })}
            error={fault("/minDays")}
          />
          <NumberField
            label="At most"
            after="days"
            step={1}
            hint="A sprint lasts at most 28"
            disabled={disabled}
            value={design.maxDays}
            onChange={(maxDays) => change({ maxDays })}
            error={fault("/maxDays")}
          />
        </div>
        <details>
          <summary className="w-fit rounded-badge font-medium hover:underline">
            Minimums and validity
          </summary>
          <div className="mt-4 grid gap-4 sm:grid-cols-3">
            <NumberField
              label="Units in each arm"
              step={1}
              disabled={disabled}
              value={design.minUnitsPerArm}
              onChange={(minUnitsPerArm) => change({ minUnitsPerArm })}
              error={fault("/minUnitsPerArm")}
            />
            <NumberField
              label="Conversions in each arm"
              step={1}
              disabled={disabled}
              value={design.minConversionsPerArm}
              onChange={(minConversionsPerArm) => change({ minConversionsPerArm })}
              error={fault("/minConversionsPerArm")}
            />
            <NumberField
              label="Events count for"
              after="hours"
              hint="After the first exposure"
              disabled={disabled}
              value={design.conversionWindowHours}
              onChange={(conversionWindowHours) => change({ conversionWindowHours })}
              error={fault("/conversionWindowHours")}
            />
            <NumberField
              label="Sample ratio limit (p)"
              disabled={disabled}
              value={validity.srmAlpha}
              onChange={(srmAlpha) =>
                onChange({ ...criterion, validity: { ...validity, srmAlpha } })
              }
              error={problem?.faultAt(`${pointer}/validity/srmAlpha`)}
            />
            <NumberField
              label="Double exposure limit"
              factor={100}
              after="%"
              disabled={disabled}
              value={validity.maxCrossExposure}
              onChange={(maxCrossExposure) =>
                onChange({ ...criterion, validity: { ...validity, maxCrossExposure } })
              }
              error={problem?.faultAt(`${pointer}/validity/maxCrossExposure`)}
            />
            <NumberField
              label="Iterations before a marathon"
              step={1}
              disabled={disabled}
              value={criterion.maxIterations}
              onChange={(maxIterations) => onChange({ ...criterion, maxIterations })}
              error={problem?.faultAt(`${pointer}/maxIterations`)}
            />
          </div>
        </details>
      </div>
    </Card>
  );
}
