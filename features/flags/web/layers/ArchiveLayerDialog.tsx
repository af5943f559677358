import { ConfirmDialog, TextLink, apiClient, asProblem, useCommand } from "@paceline/web-kit";

import type { LayerView } from "../../layer-api.ts";
import { flagPage } from "../pages.ts";
import { holdersIn } from "./holders.ts";
import type { Holder } from "./holders.ts";

/** Puts a layer away that nobody holds slots of, or brings one back; a refusal leads to who holds some. */
export function ArchiveLayerDialog(props: { layer: LayerView; onClose: () => void }) {
  const { layer, onClose } = props;
  const verb = layer.archivedAt === null ? "archive" : "restore";
  const move = useCommand({
    run: () =>
      apiClient.post<LayerView>(`/layers/${encodeURIComponent(layer.key)}/${verb}`, undefined, {
        ifMatch: layer.version,
      }),
    refresh: [["layers"]],
    done: verb === "archive" ? "Layer archived" : "Layer restored; rules can claim its slots",
    inline: true,
    onDone: onClose,
  });
  const holders = move.isError ? holdersIn(asProblem(move.error)) : [];
  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      title={verb === "archive" ? `Archive ${layer.name}?` : `Restore ${layer.name}?`}
      description={
        holders.length > 0 ? (
          <Holders holders={holders} />
        ) : verb === "archive" ? (
          "No rule can claim slots of it until it is restored. Its key and its ledger stay. It is refused while a rule in any environment holds slots."
        ) : (
          "Rules can claim slots of it again, with the ledger that it had."
        )
      }
      act={verb === "archive" ? "Archive" : "Restore"}
      busy={move.isPending}
      error={move.isError ? move.error : undefined}
      onConfirm={() => move.mutate(undefined)}
    />
  );
}

function Holders(props: { holders: readonly Holder[] }) {
  return (
    <>
      Take the claims out of these rules first:{" "}
      {props.holders.map(({ flagKey, ruleId, environment }, index) => (
        <span key={`${environment} ${flagKey} ${ruleId}`}>
          {index > 0 && ", "}
          <TextLink to={flagPage.href({ flagKey }, { environment, tab: "rules" })}>
            {flagKey} in {environment}
          </TextLink>
        </span>
      ))}
      .
    </>
  );
}
