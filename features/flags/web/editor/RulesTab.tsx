import {
  Button,
  Columns,
  ErrorState,
  Notice,
  SkeletonRows,
  apiClient,
  asProblem,
  useCommand,
  useMay,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { Suspense, lazy, useState } from "react";

import type { FlagDetail } from "../../api.ts";
import type { Configuration } from "../../domain/flag.ts";
import type { FlagPlace } from "../place.ts";
import { placePath, recordedContextsQuery } from "../queries.ts";
import { baseVariant } from "../variant-look.ts";
import { faultsOf, firstConfiguration, useDraft } from "./draft-state.ts";
import type { DraftState } from "./draft-state.ts";
import { DraftCard } from "./DraftCard.tsx";
import { copyOf, newRule } from "./edit.ts";
import type { ConfigurationDraft, RuleDraft } from "./edit.ts";
import { Everyone } from "./Everyone.tsx";
import { faultLookup, faultsBelow } from "./faults.ts";
import { ReachCard, RuleReach } from "./Reach.tsx";
import { RuleCard } from "./RuleCard.tsx";
import { useReach } from "./use-reach.ts";

const RuleForm = lazy(async () => ({ default: (await import("./RuleForm.tsx")).RuleForm }));
const PublishDialog = lazy(async () => ({
  default: (await import("./PublishDialog.tsx")).PublishDialog,
}));

type Saved = { readonly configuration: Configuration; readonly version: number };

const attributesId = "seen-attributes";

function changeOf(rule: RuleDraft, published: Configuration | undefined): "new" | "changed" | null {
  if (published === undefined) return null;
  const before = published.rules.find(({ id }) => id === rule.id);
  if (before === undefined) return "new";
  const asWritten = {
    ...before,
    gates: before.gates.filter(({ source }) => source.kind === "canary"),
  };
  const now = { ...rule, gates: rule.gates.filter(({ source }) => source.kind === "canary") };
  return sorted(asWritten) === sorted(now) ? null : "changed";
}

/** As text, whatever the order of the members. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function useSave(
  flag: FlagDetail,
  environment: string,
  version: number | undefined,
  state: DraftState,
) {
  const [known, setKnown] = useState(version);
  return useCommand({
    run: (draft: ConfigurationDraft) =>
      apiClient.put<Saved>(
        placePath(flag.key, environment),
        draft,
        known === undefined ? {} : { ifMatch: known },
      ),
    refresh: [["flags", "one", flag.key]],
    inline: true,
    onDone: (saved) => {
      setKnown(saved.version);
      state.take(saved.configuration);
    },
  });
}

/** The rules of an environment, written as a draft that nobody sees before it is published. */
export function RulesTab(props: { at: FlagPlace }) {
  const { flag, environment, place } = props.at;
  const may = useMay("flag.edit");
  const variants = Object.keys(flag.variants);
  const published = place?.published?.content.configuration;
  const state = useDraft(
    place?.draft?.configuration ?? published ?? firstConfiguration(flag.variants),
  );
  const { draft } = state;
  const [publishing, setPublishing] = useState(false);
  const [tried, setTried] = useState(false);
  const [dropAt, setDropAt] = useState<number | null>(null);
  const save = useSave(flag, environment, place?.draft?.version, state);
  const problem = save.isError ? asProblem(save.error) : undefined;
  const found = faultsOf(flag.variants, draft);
  const faults = [...(tried ? found : []), ...(problem?.faults ?? [])];
  const recorded = useQuery(recordedContextsQuery(environment));
  const reach = useReach(flag.key, environment, draft, found.length === 0);
  const names = { variants, base: baseVariant(variants, draft) };
  const faultAt = faultLookup(faults);
  const disabled = !may || flag.archivedAt !== null;

  const submit = async (then?: () => void) => {
    setTried(true);
    if (found.length > 0) return;
    // The form shows why, should it be refused.
    await save.mutateAsync(draft).then(then, () => undefined);
  };
  return (
    <Columns
      aside={
        <>
          <DraftCard
            at={props.at}
            state={state}
            faults={tried ? found.length : 0}
            busy={save.isPending}
            disabled={disabled}
            onSave={() => void submit()}
            onReview={() =>
              state.isChanged || place?.draft == null
                ? void submit(() => setPublishing(true))
                : setPublishing(true)
            }
          />
          <ReachCard reach={reach} names={names} />
        </>
      }
    >
      {problem !== undefined && problem.faults.length === 0 && (
        <ErrorState inline error={problem} />
      )}
      <datalist id={attributesId}>
        <option value="targetingKey">targetingKey</option>
        {(recorded.data?.attributes ?? []).map(({ name }) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </datalist>
      {!may && (
        <Notice>Your role reads flags. Ask an engineer or marketer to change this one.</Notice>
      )}
      <ol aria-label="Rules, tried from the first on" className="flex flex-col gap-3">
        {draft.rules.map((rule, index) => {
          const pointer = `/rules/${index}`;
          return (
            <RuleCard
              key={rule.id}
              rule={rule}
              place={index}
              count={draft.rules.length}
              open={state.openId === rule.id}
              disabled={disabled}
              faults={faultsBelow(faults, pointer)}
              change={changeOf(rule, published)}
              reach={<RuleReach reach={reach} rule={rule} names={names} />}
              onOpen={(open) => state.open(open ? rule.id : null)}
              onMove={(to) => state.move(index, to)}
              dropAt={dropAt}
              onDrag={setDropAt}
              onCopy={() => state.add(copyOf(rule, draft.rules), index + 1)}
              onRemove={() => state.remove(index)}
            >
              <Suspense fallback={<SkeletonRows rows={4} />}>
                <RuleForm
                  flagKey={flag.key}
                  environment={environment}
                  rule={rule}
                  names={names}
                  pointer={pointer}
                  faultAt={faultAt}
                  attributes={attributesId}
                  disabled={disabled}
                  published={published?.rules.some(({ id }) => id === rule.id) ?? false}
                  onChange={(next) => state.change(index, next)}
                />
              </Suspense>
            </RuleCard>
          );
        })}
      </ol>
      <p aria-live="polite" className="sr-only">
        {state.said}
      </p>
      {!disabled && (
        <div className="-mt-2">
          <Button
            icon={<Plus aria-hidden />}
            onClick={() => state.add(newRule(draft.rules, variants, names.base))}
          >
            Add a rule
          </Button>
        </div>
      )}
      <Everyone
        draft={draft}
        variants={variants}
        faultAt={faultAt}
        disabled={disabled}
        onChange={state.set}
      />
      {publishing && (
        <Suspense>
          <PublishDialog at={props.at} draft={draft} onClose={() => setPublishing(false)} />
        </Suspense>
      )}
    </Columns>
  );
}
