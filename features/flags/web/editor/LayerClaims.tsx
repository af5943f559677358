import { Button, Combobox, IconButton, Select, TextLink } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";

import type { LayerClaim } from "../../domain/flag.ts";
import { layerMapQuery, layersQuery } from "../layers/queries.ts";
import { layersPage } from "../pages.ts";
import { shareWords } from "../VariantBar.tsx";
import { replaced } from "./edit.ts";
import type { FaultAt } from "./faults.ts";
import { ShareField } from "./ShareField.tsx";

type ClaimsProps = {
  environment: string;
  pointer: string;
  faultAt: FaultAt;
  disabled: boolean;
};

const firstShare = 0.1;
const listedAtMost = 12;

/** Slots of layers that the rule takes when it is published, so that rules there exclude each other. */
export function LayerClaims(
  props: ClaimsProps & {
    claims: readonly LayerClaim[];
    onChange: (claims: readonly LayerClaim[]) => void;
  },
) {
  const { claims, onChange, ...shared } = props;
  const layers = useQuery(layersQuery());
  const keys = (layers.data?.items ?? []).map(({ key }) => key);
  const free = keys.find((key) => claims.every(({ layer }) => layer !== key));
  return (
    <div className="flex flex-col gap-2 empty:hidden">
      <ul className="flex flex-col gap-2 empty:hidden">
        {claims.map((claim, index) => (
          <OneClaim
            key={index}
            {...shared}
            pointer={`${shared.pointer}/${index}`}
            claim={claim}
            keys={keys}
            place={index + 1}
            onChange={(next) => onChange(replaced(claims, index, next))}
          />
        ))}
      </ul>
      {!shared.disabled && free !== undefined && (
        <div>
          <Button
            small
            kind="quiet"
            icon={<Plus aria-hidden />}
            onClick={() => onChange([...claims, { layer: free, share: firstShare }])}
          >
            Claim slots of a layer
          </Button>
        </div>
      )}
    </div>
  );
}

function OneClaim(
  props: ClaimsProps & {
    claim: LayerClaim;
    keys: readonly string[];
    place: number;
    onChange: (claim: LayerClaim | undefined) => void;
  },
) {
  const { environment, pointer, faultAt, disabled, claim, keys, place, onChange } = props;
  const map = useQuery(layerMapQuery(claim.layer, environment));
  const options = [...new Set([...keys, claim.layer])].map((key) => ({ value: key, label: key }));
  const frame = {
    label: `Layer ${place}`,
    hideLabel: true,
    options,
    disabled,
    error: faultAt(`${pointer}/layer`) ?? faultAt(pointer),
  };
  return (
    <li className="flex flex-col gap-1">
      <div className="flex items-start gap-2">
        <div className="min-w-0 flex-1">
          {options.length > listedAtMost ? (
            <Combobox
              {...frame}
              value={claim.layer}
              onChange={(layer) => layer !== null && onChange({ ...claim, layer })}
            />
          ) : (
            <Select
              {...frame}
              value={claim.layer}
              onChange={(layer) => onChange({ ...claim, layer })}
            />
          )}
        </div>
        <ShareField
          label={`Share of layer ${claim.layer}`}
          share={claim.share}
          disabled={disabled}
          error={faultAt(`${pointer}/share`)}
          onChange={(share) => onChange({ ...claim, share })}
        />
        {!disabled && (
          <IconButton
            label={`Give up layer ${claim.layer}`}
            icon={<X aria-hidden />}
            onClick={() => onChange(undefined)}
          />
        )}
      </div>
      {map.data !== undefined && (
        <p className="text-small text-fg3">
          {shareWords(map.data.freeShare)} of{" "}
          <TextLink to={layersPage.href({}, { environment })}>{map.data.name}</TextLink> is free,{" "}
          {shareWords(map.data.quarantinedShare)} rests.
        </p>
      )}
    </li>
  );
}
