import {
  Button,
  Card,
  ErrorState,
  Select,
  Switch,
  TextArea,
  apiClient,
  asProblem,
  useCommand,
  useMay,
} from "@paceline/web-kit";
import { useState } from "react";

import type { FlagPlace } from "./place.ts";
import { placePath } from "./queries.ts";

const inCode = "";

function readRules(text: string): { readonly rules: unknown } | { readonly fault: string } {
  try {
    const rules: unknown = JSON.parse(text);
    return Array.isArray(rules) ? { rules } : { fault: "must be a list: [ … ]" };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : "is not JSON" };
  }
}

/** Half of the units in, split evenly: something to start from. */
function splitRule(variants: readonly string[]) {
  const share = Math.floor(10_000 / variants.length) / 10_000;
  const rest = Math.round((1 - share * (variants.length - 1)) * 10_000) / 10_000;
  return {
    id: `rule-${variants.length}`,
    description: "",
    when: null,
    serve: {
      split: variants.map((variant, index) => ({ variant, share: index === 0 ? rest : share })),
    },
    exposureShare: 0.1,
    recordExposure: true,
  };
}

/** The draft of one environment. Rules are edited as JSON, the rest by controls. */
export function DraftForm(props: { at: FlagPlace }) {
  const { flag, environment, place } = props.at;
  const may = useMay("flag.edit");
  const names = Object.keys(flag.variants);
  const start = place?.draft?.configuration ?? place?.published?.content.configuration;
  const [enabled, setEnabled] = useState(start?.enabled ?? true);
  const [offVariant, setOff] = useState(start?.offVariant ?? names[0] ?? inCode);
  const [defaultVariant, setDefault] = useState(start?.defaultVariant ?? names[0] ?? inCode);
  const [text, setText] = useState(() => JSON.stringify(start?.rules ?? [], null, 2));
  const read = readRules(text);
  const version = place?.draft?.version;
  const save = useCommand({
    run: () =>
      apiClient.put(
        placePath(flag.key, environment),
        {
          enabled,
          offVariant: offVariant === inCode ? null : offVariant,
          defaultVariant: defaultVariant === inCode ? null : defaultVariant,
          rules: "rules" in read ? read.rules : [],
        },
        version === undefined ? {} : { ifMatch: version },
      ),
    refresh: [["flags"]],
    done: "Draft saved; nobody sees it before you publish",
    inline: true,
  });
  const options = [
    ...names.map((name) => ({ value: name, label: name })),
    { value: inCode, label: "The default in the code" },
  ];
  return (
    <Card title="Draft" note={version === undefined ? "none yet" : `version ${version}`}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate(undefined);
        }}
      >
        {save.isError && <ErrorState inline error={asProblem(save.error)} />}
        <Switch
          label="On"
          hint="Off serves the off variant to everyone once published"
          checked={enabled}
          disabled={!may}
          onChange={setEnabled}
        />
        <div className="grid gap-4 sm:grid-cols-2">
          <Select
            label="Off variant"
            options={options}
            value={offVariant}
            disabled={!may}
            onChange={setOff}
          />
          <Select
            label="Everyone else gets"
            options={options}
            value={defaultVariant}
            disabled={!may}
            onChange={setDefault}
          />
        </div>
        <TextArea
          label="Rules"
          mono
          spellCheck={false}
          disabled={!may}
          hint="The first that applies serves. A rule needs id and serve; see the words above once it is published."
          value={text}
          onChange={setText}
          error={"fault" in read ? read.fault : undefined}
        />
        {may && (
          <div className="flex flex-wrap justify-end gap-2">
            <Button
              disabled={"fault" in read}
              onClick={() => {
                if (!("rules" in read) || !Array.isArray(read.rules)) return;
                const before: unknown[] = read.rules;
                setText(JSON.stringify([...before, splitRule(names)], null, 2));
              }}
            >
              Add an even split for 10%
            </Button>
            <Button type="submit" busy={save.isPending} disabled={"fault" in read}>
              Save draft
            </Button>
          </div>
        )}
      </form>
    </Card>
  );
}
