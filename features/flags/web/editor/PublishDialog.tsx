import {
  Button,
  Checkbox,
  Dialog,
  ErrorState,
  TextArea,
  apiClient,
  asProblem,
  useCommand,
} from "@paceline/web-kit";
import { Send } from "lucide-react";
import { useState } from "react";

import type { PublicationView } from "../../api.ts";
import { differences } from "../../domain/diff.ts";
import { Comparison } from "../checks/Comparison.tsx";
import { TestResults } from "../checks/TestResults.tsx";
import { Differences } from "../history/Differences.tsx";
import type { FlagPlace } from "../place.ts";
import { placePath } from "../queries.ts";
import { baseVariant } from "../variant-look.ts";
import { configurationWords } from "../words.ts";
import type { ConfigurationDraft } from "./edit.ts";
import { rulesWithNewBuckets, Warnings } from "./Warnings.tsx";

const leastReason = 3;

/** The last look before the draft is in force: what changes, for whom, and whether its tests hold. */
export function PublishDialog(props: {
  at: FlagPlace;
  draft: ConfigurationDraft;
  onClose: () => void;
}) {
  const { at, draft, onClose } = props;
  const { flag, environment, place } = at;
  const published = place?.published?.content.configuration;
  const variants = Object.keys(flag.variants);
  const names = { variants, base: baseVariant(variants, published ?? draft) };
  const rebucketed = rulesWithNewBuckets(published, draft);
  const [accepted, setAccepted] = useState(false);
  const [testsReason, setTestsReason] = useState("");
  const publish = useCommand({
    run: () =>
      apiClient.post<PublicationView>(`${placePath(flag.key, environment)}/publish`, {
        ...(accepted ? { acceptRebucketing: true } : {}),
        ...(testsReason === "" ? {} : { ignoreFailingTests: testsReason.trim() }),
      }),
    refresh: [["flags"], ["experiments"]],
    done: ({ revision }) => `Revision ${revision} is in force in ${environment}`,
    inline: true,
    onDone: onClose,
  });
  const problem = publish.isError ? asProblem(publish.error) : undefined;
  const mustAccept = rebucketed.length > 0 || problem?.kind === "rebuckets-units";
  // Asked once tests refused it; the reason that is written stays while it is sent.
  const mustExplain = problem?.kind === "failing-flag-tests" || testsReason !== "";
  const changes = published === undefined ? null : differences(published, draft);
  return (
    <Dialog
      open
      wide
      onOpenChange={onClose}
      title={`Publish ${flag.key} to ${environment}`}
      description={configurationWords(draft)}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            icon={<Send aria-hidden />}
            busy={publish.isPending}
            disabled={
              (mustAccept && !accepted) || (mustExplain && testsReason.trim().length < leastReason)
            }
            onClick={() => publish.mutate(undefined)}
          >
            Publish to {environment}
          </Button>
        </>
      }
    >
      {problem !== undefined && <ErrorState inline error={problem} />}
      {mustExplain && (
        <TextArea
          label="Why it is published although tests fail"
          required
          hint="Goes into the audit log"
          value={testsReason}
          onChange={setTestsReason}
        />
      )}
      <section aria-label="What changes" className="flex flex-col gap-2">
        <h3 className="font-medium">What changes</h3>
        {changes === null ? (
          <p className="text-fg2">Nothing is in force in {environment} yet.</p>
        ) : (
          <Differences differences={changes} />
        )}
      </section>
      <Comparison flagKey={flag.key} environment={environment} names={names} />
      <TestResults flagKey={flag.key} environment={environment} />
      <Warnings published={published} draft={draft} />
      {mustAccept && (
        <Checkbox
          label="New buckets for everybody are meant"
          checked={accepted}
          onChange={setAccepted}
        />
      )}
    </Dialog>
  );
}
