import { Badge, Button, IconButton, TextField } from "@paceline/web-kit";
import { Plus, X } from "lucide-react";

import type { Gate } from "../../domain/flag.ts";
import { PARTS } from "../../domain/parts.ts";
import { shareWords } from "../VariantBar.tsx";
import { gateShare, gateWords } from "../words.ts";
import { replaced } from "./edit.ts";
import type { RuleDraft } from "./edit.ts";
import type { FaultAt } from "./faults.ts";
import { LayerClaims } from "./LayerClaims.tsx";
import { ShareField } from "./ShareField.tsx";

/** Who may pass at all: slots of layers, holdouts in force, and canaries. */
export function GatesEditor(props: {
  environment: string;
  rule: RuleDraft;
  pointer: string;
  faultAt: FaultAt;
  disabled: boolean;
  onChange: (change: Partial<RuleDraft>) => void;
}) {
  const { environment, rule, pointer, faultAt, disabled, onChange } = props;
  const canaries = rule.gates.filter(({ source }) => source.kind === "canary");
  const resolved = rule.gates.filter(({ source }) => source.kind !== "canary");
  const setCanaries = (next: readonly Gate[]) => onChange({ gates: [...resolved, ...next] });
  return (
    <div className="flex flex-col gap-3">
      {rule.gates.length + rule.layers.length === 0 && (
        <p className="text-fg2 md:pt-0.5">None: the whole of its units may pass.</p>
      )}
      <LayerClaims
        environment={environment}
        claims={rule.layers}
        pointer={`${pointer}/layers`}
        faultAt={faultAt}
        disabled={disabled}
        onChange={(layers) => onChange({ layers })}
      />
      <ul className="flex flex-col gap-2 empty:hidden">
        {canaries.map((gate, index) => (
          <Canary
            key={index}
            gate={gate}
            place={index + 1}
            error={faultAt(`${pointer}/gates/${rule.gates.indexOf(gate)}/source/name`)}
            disabled={disabled}
            onChange={(next) => setCanaries(replaced(canaries, index, next))}
          />
        ))}
      </ul>
      {resolved.length > 0 && <Resolved gates={resolved} />}
      {!disabled && (
        <div>
          <Button
            small
            kind="quiet"
            icon={<Plus aria-hidden />}
            onClick={() => setCanaries([...canaries, canaryNamed("", firstShare, rule.unit)])}
          >
            Add a canary
          </Button>
        </div>
      )}
    </div>
  );
}

const firstShare = 0.05;

/** The same units for every rule that names the canary: they are hashed by its name alone. */
function canaryNamed(name: string, share: number, unit: string): Gate {
  return {
    source: { kind: "canary", name },
    salt: `canary/${name}/`,
    unit,
    ranges: [[0, Math.round(share * PARTS)]],
    negate: false,
  };
}

function Canary(props: {
  gate: Gate;
  place: number;
  error: string | undefined;
  disabled: boolean;
  onChange: (gate: Gate | undefined) => void;
}) {
  const { gate, place, error, disabled, onChange } = props;
  const { source, unit } = gate;
  const name = source.kind === "canary" ? source.name : source.key;
  const share = gateShare(gate);
  return (
    <li className="flex items-start gap-2">
      <div className="min-w-0 flex-1">
        <TextField
          label={`Canary ${place}: name`}
          hideLabel
          placeholder="Name of the canary, such as berlin-store"
          disabled={disabled}
          value={name}
          onChange={(next) => onChange(canaryNamed(next.trim(), share, unit))}
          error={error}
        />
      </div>
      <ShareField
        label={`Canary ${place}: share of the units`}
        share={share}
        disabled={disabled}
        onChange={(next) => onChange(canaryNamed(name, next, unit))}
      />
      {!disabled && (
        <IconButton
          label={`Take out canary ${place}`}
          icon={<X aria-hidden />}
          onClick={() => onChange(undefined)}
        />
      )}
    </li>
  );
}

/** Layers and holdouts as the published rule has them: they follow from the claims and the tags. */
function Resolved(props: { gates: readonly Gate[] }) {
  return (
    <div>
      <p className="mb-1 text-small text-fg3">In force now, filled in when it was published:</p>
      <ul className="flex flex-wrap gap-1.5">
        {props.gates.map((gate, index) => (
          <li key={index}>
            <Badge>
              {gateWords(gate)}, {shareWords(gateShare(gate))}
            </Badge>
          </li>
        ))}
      </ul>
    </div>
  );
}
