import {
  Button,
  Dialog,
  ErrorState,
  Select,
  TextArea,
  TextField,
  asProblem,
} from "@paceline/web-kit";
import type { Command } from "@paceline/web-kit";
import { useState } from "react";

import type { FlagTestInput } from "../../flag-test-api.ts";
import { readAttributes } from "../explain/queries.ts";
import type { FlagPlace } from "../place.ts";
import type { Tests } from "./queries.ts";

const any = "any rule";

/** A context, perhaps a made-up place in the buckets, and what it must get. */
export function TestDialog(props: {
  at: FlagPlace;
  command: Command<readonly FlagTestInput[], Tests>;
  onAdd: (test: FlagTestInput) => void;
  onClose: () => void;
}) {
  const { at, command, onAdd, onClose } = props;
  const { flag, place } = at;
  const variants = Object.keys(flag.variants);
  const rules = (place?.draft?.configuration ?? place?.published?.content.configuration)?.rules;
  const [name, setName] = useState("");
  const [context, setContext] = useState('{"targetingKey": "customer-1"}');
  const [variant, setVariant] = useState(variants[0] ?? "");
  const [rule, setRule] = useState(any);
  const [exposure, setExposure] = useState("");
  const read = readAttributes(context);
  const problem = command.isError ? asProblem(command.error) : undefined;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="Add a test"
      description="It is kept with the draft and tried before each publication."
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!("attributes" in read)) return;
          onAdd({
            name,
            context: read.attributes,
            ...(exposure === "" ? {} : { bucket: { exposure: Number(exposure) } }),
            expect: { variant, ...(rule === any ? {} : { rule }) },
          });
        }}
      >
        {problem !== undefined && <ErrorState inline error={problem} />}
        <TextField
          label="Name"
          required
          hint="As a sentence: customers in Germany get the new checkout"
          value={name}
          onChange={setName}
        />
        <TextArea
          label="Context"
          mono
          spellCheck={false}
          value={context}
          onChange={setContext}
          error={"fault" in read ? read.fault : undefined}
        />
        <div className="grid gap-4 sm:grid-cols-2">
          <Select
            label="Must get"
            options={variants.map((value) => ({ value, label: value }))}
            value={variant}
            onChange={setVariant}
          />
          <Select
            label="By"
            options={[
              { value: any, label: "Any rule" },
              ...(rules ?? []).map(({ id }) => ({ value: id, label: id })),
            ]}
            value={rule}
            onChange={setRule}
          />
        </div>
        <TextField
          label="As a unit at this exposure"
          optional
          inputMode="decimal"
          after="%"
          hint="A made-up unit that gets in once the exposure is above it"
          value={exposure}
          onChange={setExposure}
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            kind="primary"
            busy={command.isPending}
            disabled={"fault" in read || name.trim() === ""}
          >
            Add test
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
