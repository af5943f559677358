import { IconButton, TextField } from "@paceline/web-kit";
import { X } from "lucide-react";

import type { LayerClaim } from "../../domain/flag.ts";
import { replaced } from "./edit.ts";
import type { FaultAt } from "./faults.ts";
import { ShareField } from "./ShareField.tsx";

/** Slots of layers that the rule takes when it is published, so that rules there exclude each other. */
export function LayerClaims(props: {
  environment: string;
  claims: readonly LayerClaim[];
  pointer: string;
  faultAt: FaultAt;
  disabled: boolean;
  onChange: (claims: readonly LayerClaim[]) => void;
}) {
  const { claims, pointer, faultAt, disabled, onChange } = props;
  return (
    <ul className="flex flex-col gap-2 empty:hidden">
      {claims.map((claim, index) => (
        <li key={index} className="flex items-start gap-2">
          <div className="min-w-0 flex-1">
            <TextField
              label={`Layer ${index + 1}`}
              hideLabel
              mono
              disabled={disabled}
              value={claim.layer}
              onChange={(layer) => onChange(replaced(claims, index, { ...claim, layer }))}
              error={faultAt(`${pointer}/${index}/layer`)}
            />
          </div>
          <ShareField
            label={`Share of layer ${claim.layer}`}
            share={claim.share}
            disabled={disabled}
            error={faultAt(`${pointer}/${index}/share`) ?? faultAt(`${pointer}/${index}`)}
            onChange={(share) => onChange(replaced(claims, index, { ...claim, share }))}
          />
          {!disabled && (
            <IconButton
              label={`Give up layer ${claim.layer}`}
              icon={<X aria-hidden />}
              onClick={() => onChange(replaced(claims, index, undefined))}
            />
          )}
        </li>
      ))}
    </ul>
  );
}
