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
  useGoTo,
} from "@paceline/web-kit";
import { useState } from "react";

import type { FlagDetail } from "../api.ts";
import { flagPage } from "./pages.ts";

const kinds = [
  { value: "experiment", label: "Experiment" },
  { value: "release", label: "Release" },
  { value: "kill-switch", label: "Kill switch" },
  { value: "permission", label: "Permission" },
  { value: "configuration", label: "Configuration" },
] as const;
const types = [
  { value: "boolean", label: "On or off" },
  { value: "string", label: "Text" },
  { value: "number", label: "Number" },
  { value: "object", label: "JSON object" },
] as const;
type FlagType = (typeof types)[number]["value"];

/** One variant a line, `name: value`; what cannot be read as JSON is a text. */
const firstVariants = {
  boolean: "control: false\ntreatment: true",
  string: "control: control\ntreatment: treatment",
  number: "control: 0\ntreatment: 1",
  object: 'control: {}\ntreatment: {"color": "green"}',
} as const satisfies Record<FlagType, string>;

function readValue(text: string, type: FlagType): unknown {
  if (type === "string") return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function readVariants(text: string, type: FlagType): Record<string, unknown> {
  return Object.fromEntries(
    text
      .split("\n")
      .filter((line) => line.includes(":"))
      .map((line) => {
        const at = line.indexOf(":");
        return [line.slice(0, at).trim(), readValue(line.slice(at + 1).trim(), type)];
      }),
  );
}

export function CreateFlagDialog(props: { onClose: () => void }) {
  const { onClose } = props;
  const goTo = useGoTo();
  const [key, setKey] = useState("");
  const [description, setDescription] = useState("");
  const [kind, setKind] = useState<(typeof kinds)[number]["value"]>("experiment");
  const [type, setType] = useState<FlagType>("boolean");
  const [variants, setVariants] = useState<string>(firstVariants.boolean);
  const create = useCommand({
    run: () =>
      apiClient.post<FlagDetail>("/flags", {
        key,
        description,
        kind,
        type,
        variants: readVariants(variants, type),
      }),
    refresh: [["flags"]],
    done: "Flag created; nobody sees it yet",
    inline: true,
    onDone: (flag) => goTo(flagPage.href({ flagKey: flag.key }, { tab: "rules" })),
  });
  const problem = create.isError ? asProblem(create.error) : undefined;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="Create a flag"
      description="Key and type never change. Nobody sees it before you publish."
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate(undefined);
        }}
      >
        {problem !== undefined && <ErrorState inline error={problem} />}
        <TextField
          label="Key"
          mono
          required
          pattern="[A-Za-z0-9][A-Za-z0-9._\-]{0,99}"
          title="Letters, digits, dots, hyphens and underscores, 100 at most, a letter or digit first"
          hint="As the code asks for it, such as checkout.one_page"
          value={key}
          onChange={setKey}
          error={problem?.faultAt("/key")}
        />
        <TextField
          label="Description"
          optional
          value={description}
          onChange={setDescription}
          error={problem?.faultAt("/description")}
        />
        <div className="grid gap-4 sm:grid-cols-2">
          <Select label="Kind" options={kinds} value={kind} onChange={setKind} />
          <Select
            label="Type"
            options={types}
            value={type}
            onChange={(next) => {
              setType(next);
              setVariants(firstVariants[next]);
            }}
          />
        </div>
        <TextArea
          label="Variants"
          mono
          required
          hint="One a line, as name: value"
          value={variants}
          onChange={setVariants}
          error={problem?.faultAt("/variants")}
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={create.isPending}>
            Create flag
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
