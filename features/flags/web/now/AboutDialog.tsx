import {
  Button,
  Dialog,
  ErrorState,
  Select,
  TextArea,
  TextField,
  apiClient,
  asProblem,
  useCommand,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import type { FlagDetail } from "../../api.ts";
import { flagPath, membersQuery } from "../queries.ts";
import { kindOptions } from "../words.ts";

const nobody = "";
const dayLength = "2026-01-01".length;

function tagsOf(text: string): readonly string[] {
  return [
    ...new Set(
      text
        .split(/[\s,]+/u)
        .map((tag) => tag.toLowerCase())
        .filter((tag) => tag !== ""),
    ),
  ].toSorted();
}

/** Changes what the flag is, not what it does: nobody sees another variant by it. */
export function AboutDialog(props: { flag: FlagDetail; onClose: () => void }) {
  const { flag, onClose } = props;
  const members = useQuery(membersQuery);
  const [description, setDescription] = useState(flag.description);
  const [owner, setOwner] = useState(flag.owner ?? nobody);
  const [kind, setKind] = useState(flag.kind);
  const [tags, setTags] = useState(flag.tags.join(" "));
  const [expires, setExpires] = useState(flag.expiresAt?.slice(0, dayLength) ?? "");
  const save = useCommand({
    run: () =>
      apiClient.patch<FlagDetail>(
        flagPath(flag.key),
        {
          description,
          owner: owner === nobody ? null : owner,
          kind,
          tags: tagsOf(tags),
          expiresAt: expires === "" ? null : `${expires}T00:00:00.000Z`,
        },
        { ifMatch: flag.version },
      ),
    refresh: [["flags"], ["stale-flags"]],
    done: "Saved; nobody sees another variant",
    inline: true,
    onDone: onClose,
  });
  const problem = save.isError ? asProblem(save.error) : undefined;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={`About ${flag.key}`}
      description="What the flag is. What it does is changed by its rules."
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate(undefined);
        }}
      >
        {problem !== undefined && <ErrorState inline error={problem} />}
        <TextArea label="For" optional value={description} onChange={setDescription} />
        <div className="grid gap-4 sm:grid-cols-2">
          <Select
            label="Owner"
            options={[
              { value: nobody, label: "Nobody" },
              ...(members.data?.items ?? []).map(({ id, name }) => ({ value: id, label: name })),
            ]}
            value={owner}
            onChange={setOwner}
          />
          <Select label="Kind" options={kindOptions} value={kind} onChange={setKind} />
        </div>
        <TextField
          label="Tags"
          optional
          hint="Lower case, separated by spaces; holdouts and lists choose by them"
          value={tags}
          onChange={setTags}
          error={problem?.faultAt("/tags")}
        />
        <TextField
          label="Should be gone by"
          optional
          type="date"
          hint="A reminder; nothing stops by itself"
          value={expires}
          onChange={setExpires}
          error={problem?.faultAt("/expiresAt")}
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={save.isPending}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
