import {
  Button,
  Checkbox,
  CodeBlock,
  Dialog,
  ErrorState,
  Notice,
  Select,
  SkeletonRows,
  TextField,
  apiClient,
  asProblem,
  formatCount,
  formatNumber,
  useCommand,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { BadGroupKey, EditsPreview, MappingView, RunView } from "../../bad-event-api.ts";
import type { EventEdit } from "../../domain/index.ts";
import { editOf, firstDraft } from "./edits.ts";
import type { EditDraft, EditKind } from "./edits.ts";
import { editsPreviewQuery } from "./queries.ts";

const kinds: readonly { readonly value: EditKind; readonly label: string }[] = [
  { value: "convert", label: "Convert" },
  { value: "move", label: "Move or rename" },
  { value: "set", label: "Set" },
  { value: "delete", label: "Delete" },
  { value: "rename", label: "Rename the event" },
];
const targets = [
  { value: "number", label: "to a number" },
  { value: "text", label: "to a text" },
  { value: "boolean", label: "to true or false" },
] as const;
const KEPT_DAYS = 90;
const DAY_MS = 86_400_000;

/** Edits that are tried on the real events of a group before they are made. */
export function MapDialog(props: { environment: string; group: BadGroupKey; onClose: () => void }) {
  const { environment, group, onClose } = props;
  const [drafts, setDrafts] = useState<readonly EditDraft[]>(() => [
    firstDraft(group.path, group.reason),
  ]);
  const [keep, setKeep] = useState(false);
  const edits = drafts.flatMap((draft) => editOf(draft) ?? []);
  const preview = useQuery(editsPreviewQuery(environment, group, edits));
  const replay = useCommand({
    run: async () => {
      if (keep) await keepMapping(environment, group, edits);
      return apiClient.post<RunView>("/events/bad/replay", { environment, group, edits });
    },
    refresh: [["bad-events"]],
    done: "Replaying",
    inline: true,
    onDone: onClose,
  });
  const change = (id: number, part: Partial<EditDraft>) =>
    setDrafts(drafts.map((draft) => (draft.id === id ? { ...draft, ...part } : draft)));
  const pass = preview.data?.pass ?? 0;
  return (
    <Dialog
      open
      wide
      onOpenChange={onClose}
      title="Map and replay"
      description="Only events that pass after the edits are taken in, with their own id and time. The others stay."
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            busy={replay.isPending}
            disabled={pass === 0 || preview.isError}
            onClick={() => replay.mutate(undefined)}
          >
            Replay
          </Button>
        </>
      }
    >
      <ol className="flex flex-col gap-3">
        {drafts.map((draft) => (
          <EditRow
            key={draft.id}
            draft={draft}
            onChange={(part) => change(draft.id, part)}
            onRemove={
              drafts.length === 1
                ? undefined
                : () => setDrafts(drafts.filter(({ id }) => id !== draft.id))
            }
          />
        ))}
      </ol>
      <div>
        <Button
          small
          onClick={() =>
            setDrafts([
              ...drafts,
              { id: Math.max(...drafts.map(({ id }) => id)) + 1, kind: "set", path: "", to: "" },
            ])
          }
        >
          Add an edit
        </Button>
      </div>
      {preview.isError ? (
        <ErrorState inline error={asProblem(preview.error)} />
      ) : preview.data === undefined ? (
        <SkeletonRows />
      ) : (
        <PreviewView preview={preview.data} />
      )}
      {group.event !== "" && (
        <Checkbox
          label={`Make these edits at the door for ${KEPT_DAYS} days`}
          hint="For clients that cannot be changed: events are mended before they are checked."
          checked={keep}
          onChange={setKeep}
        />
      )}
      {replay.isError && <ErrorState inline error={asProblem(replay.error)} />}
    </Dialog>
  );
}

function keepMapping(environment: string, group: BadGroupKey, edits: readonly EventEdit[]) {
  return apiClient.post<MappingView>("/events/mappings", {
    title: `${group.event}: ${group.path} ${group.reason}`.slice(0, 200),
    event: group.event,
    environment,
    edits,
    endsAt: new Date(Date.now() + KEPT_DAYS * DAY_MS).toISOString(),
  });
}

function EditRow(props: {
  draft: EditDraft;
  onChange: (part: Partial<EditDraft>) => void;
  onRemove: (() => void) | undefined;
}) {
  const { draft, onChange, onRemove } = props;
  const { kind, path, to } = draft;
  return (
    <li className="flex flex-wrap items-end gap-2">
      <div className="w-44">
        <Select
          label="Edit"
          options={kinds}
          value={kind}
          onChange={(next) => onChange({ kind: next, to: next === "convert" ? "number" : "" })}
        />
      </div>
      {kind !== "rename" && (
        <div className="min-w-48 flex-1">
          <TextField
            label={kind === "move" ? "From" : "Place"}
            mono
            placeholder="/properties/price"
            value={path}
            onChange={(next) => onChange({ path: next })}
          />
        </div>
      )}
      {kind === "convert" && (
        <div className="w-44">
          <Select
            label="To"
            options={targets}
            value={targets.find((one) => one.value === to)?.value ?? "number"}
            onChange={(next) => onChange({ to: next })}
          />
        </div>
      )}
      {(kind === "move" || kind === "set" || kind === "rename") && (
        <div className="min-w-48 flex-1">
          <TextField
            label={kind === "move" ? "To" : kind === "set" ? "Value" : "New name"}
            mono={kind !== "rename"}
            value={to}
            onChange={(next) => onChange({ to: next })}
          />
        </div>
      )}
      {onRemove !== undefined && <Button onClick={onRemove}>Remove</Button>}
    </li>
  );
}

function PreviewView(props: { preview: EditsPreview }) {
  const { events, pass, complete, samples } = props.preview;
  const [sample] = samples;
  const which = complete
    ? `Of ${formatCount(events, "event")}`
    : `Of the first ${formatCount(events, "event")}`;
  return (
    <section aria-live="polite" className="flex flex-col gap-3">
      <Notice tone={pass === events ? "positive" : "caution"}>
        {which}, {pass === events ? "all would pass" : `${formatNumber(pass)} would pass`}.
        {sample?.fault != null && (
          <>
            {" "}
            Still wrong: <span className="font-mono text-small">{sample.fault.path}</span>{" "}
            {sample.fault.reason}.
          </>
        )}
      </Notice>
      {sample !== undefined && (
        <div className="grid grid-cols-1 gap-3 md:grid-cols-2 [&>*]:min-w-0">
          <CodeBlock label="Before" language="json" code={JSON.stringify(sample.before, null, 2)} />
          <CodeBlock label="After" language="json" code={JSON.stringify(sample.after, null, 2)} />
        </div>
      )}
    </section>
  );
}
