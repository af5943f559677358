import {
  Button,
  Dialog,
  ErrorState,
  TextArea,
  TextField,
  apiClient,
  asProblem,
  useCommand,
} from "@paceline/web-kit";
import { useState } from "react";

import type { LayerView } from "../../layer-api.ts";

const usualDays = 14;

/** Makes a layer, or changes what may be changed of one. */
export function LayerDialog(props: { layer: LayerView | undefined; onClose: () => void }) {
  const { layer, onClose } = props;
  const [key, setKey] = useState(layer?.key ?? "");
  const [name, setName] = useState(layer?.name ?? "");
  const [description, setDescription] = useState(layer?.description ?? "");
  const [unit, setUnit] = useState(layer?.unit ?? "targetingKey");
  const [days, setDays] = useState(String(layer?.carryOverDays ?? usualDays));
  const save = useCommand({
    run: () => {
      const members = { name, description, carryOverDays: Number(days) };
      return layer === undefined
        ? apiClient.post<LayerView>("/layers", { key, unit, ...members })
        : apiClient.patch<LayerView>(`/layers/${encodeURIComponent(layer.key)}`, members, {
            ifMatch: layer.version,
          });
    },
    refresh: [["layers"]],
    done: layer === undefined ? "Layer made; rules can claim its slots" : "Layer saved",
    inline: true,
    onDone: onClose,
  });
  const problem = save.isError ? asProblem(save.error) : undefined;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={layer === undefined ? "New layer" : `Edit ${layer.name}`}
      description="Rules claim shares of its 100,000 slots; a slot belongs to one rule at a time."
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate(undefined);
        }}
      >
        {problem !== undefined && problem.faults.length === 0 && (
          <ErrorState inline error={problem} />
        )}
        <TextField
          label="Name"
          required
          value={name}
          onChange={setName}
          error={problem?.faultAt("/name")}
        />
        {layer === undefined && (
          <div className="grid gap-4 sm:grid-cols-2">
            <TextField
              label="Key"
              mono
              required
              pattern="[a-z0-9][a-z0-9._\-]{0,99}"
              title="Small letters, digits, dots, hyphens and underscores, a letter or digit first"
              hint="Never changes"
              value={key}
              onChange={setKey}
              error={problem?.faultAt("/key")}
            />
            <TextField
              label="Unit"
              mono
              required
              hint="Never changes"
              value={unit}
              onChange={setUnit}
              error={problem?.faultAt("/unit")}
            />
          </div>
        )}
        <TextArea
          label="Description"
          optional
          value={description}
          onChange={setDescription}
          error={problem?.faultAt("/description")}
        />
        <TextField
          label="Freed slots rest"
          inputMode="numeric"
          after="days"
          hint="So that nobody gets people who still remember the last experiment"
          value={days}
          onChange={setDays}
          error={problem?.faultAt("/carryOverDays")}
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={save.isPending}>
            {layer === undefined ? "Make layer" : "Save"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
