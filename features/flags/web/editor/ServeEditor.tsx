import { Button, IconButton, SegmentedControl, Select } from "@paceline/web-kit";
import { Plus, X } from "lucide-react";

import type { Arm, Serve } from "../../domain/flag.ts";
import { VariantBar, VariantSwatch } from "../VariantBar.tsx";
import type { VariantNames } from "../VariantBar.tsx";
import { asServe, evenSplit, replaced, totalOf, withShare } from "./edit.ts";
import type { FaultAt } from "./faults.ts";
import { ShareField } from "./ShareField.tsx";

const kinds = [
  { value: "variant", label: "One variant" },
  { value: "split", label: "A split" },
] as const;

type ServeProps = {
  serve: Serve;
  names: VariantNames;
  pointer: string;
  faultAt: FaultAt;
  disabled: boolean;
  /** The rule is in force, so changed shares move the people at the borders only. */
  anchored: boolean;
  onChange: (serve: Serve) => void;
};

/** What a rule serves: one variant, or a split whose shares move only the arms that change. */
export function ServeEditor(props: ServeProps) {
  const { serve, names, pointer, faultAt, disabled, onChange } = props;
  if ("targeting" in serve) {
    return (
      <p className="text-fg2">
        An imported expression with its vendor’s own operators; it is evaluated on the server only
        and cannot be edited here.
      </p>
    );
  }
  const kind = "variant" in serve ? "variant" : "split";
  return (
    <div className="flex flex-col gap-3">
      {!disabled && (
        <div>
          <SegmentedControl
            label="What it serves"
            segments={kinds}
            value={kind}
            onChange={(next) => onChange(asServe(serve, next, names.variants))}
          />
        </div>
      )}
      {"variant" in serve ? (
        <div className="w-60 max-w-full">
          <Select
            label="Variant"
            hideLabel
            options={names.variants.map((name) => ({ value: name, label: name }))}
            value={names.variants.includes(serve.variant) ? serve.variant : null}
            disabled={disabled}
            onChange={(variant) => onChange({ variant })}
            error={faultAt(`${pointer}/variant`)}
          />
        </div>
      ) : (
        <SplitEditor {...props} arms={serve.split} />
      )}
    </div>
  );
}

function SplitEditor(props: ServeProps & { arms: readonly Arm[] }) {
  const { arms, names, pointer, faultAt, disabled, anchored, onChange } = props;
  const set = (split: readonly Arm[]) => onChange({ split });
  const taken = new Set(arms.map(({ variant }) => variant));
  const free = names.variants.filter((name) => !taken.has(name));
  const fault = faultAt(`${pointer}/split`);
  return (
    <div className="flex flex-col gap-2">
      <VariantBar label="Split" parts={arms} names={names} />
      <ul className="flex flex-col gap-1.5">
        {arms.map((arm, index) => (
          <li key={arm.variant} className="flex items-start gap-2">
            <span className="flex h-8 min-w-0 flex-1 items-center gap-2">
              <VariantSwatch variant={arm.variant} names={names} />
              <span className="truncate font-medium">{arm.variant}</span>
            </span>
            <ShareField
              label={`Share of ${arm.variant}`}
              share={arm.share}
              disabled={disabled}
              error={
                faultAt(`${pointer}/split/${index}/share`) ??
                faultAt(`${pointer}/split/${index}/variant`)
              }
              onChange={(share) => set(withShare(arms, index, share))}
            />
            {!disabled && (
              <IconButton
                label={`Take ${arm.variant} out of the split`}
                icon={<X aria-hidden />}
                disabled={arms.length === 1}
                onClick={() => set(withoutArm(arms, index))}
              />
            )}
          </li>
        ))}
      </ul>
      {fault !== undefined && (
        <p role="alert" className="text-small text-negative">
          The shares {fault}
        </p>
      )}
      {!disabled && (
        <div className="flex flex-wrap items-center gap-1">
          {free.map((variant) => (
            <Button
              key={variant}
              small
              kind="quiet"
              icon={<Plus aria-hidden />}
              onClick={() => set([...arms, { variant, share: 0 }])}
            >
              {variant}
            </Button>
          ))}
          <Button
            small
            kind="quiet"
            onClick={() => set(keepRanges(arms, evenSplit(arms.map(({ variant }) => variant))))}
          >
            Make even
          </Button>
        </div>
      )}
      <p className="text-small text-fg3">
        {totalOf(arms) === 1
          ? anchored
            ? "A changed share moves only people of the arms that change; the others keep what they see."
            : "What one arm gains comes from the next one."
          : "The shares must add up to 100%."}
      </p>
    </div>
  );
}

function withoutArm(arms: readonly Arm[], index: number): readonly Arm[] {
  return replaced(withShare(arms, index, 0), index, undefined);
}

/** The same arms with other shares; what each one holds now stays known. */
function keepRanges(arms: readonly Arm[], next: readonly Arm[]): readonly Arm[] {
  return next.map((arm, index) => ({ ...arms[index], ...arm }));
}
