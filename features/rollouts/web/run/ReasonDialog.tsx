import {
  Button,
  Dialog,
  ErrorState,
  SegmentedControl,
  TextArea,
  apiClient,
  useCommand,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Undo2 } from "lucide-react";
import { useState } from "react";

import type { RolloutDocument } from "../../plan-api.ts";
import { foresightQuery, rolloutPath } from "../plan-queries.ts";
import { wordsOfAct } from "./reasoned-acts.ts";
import type { ReasonedAct } from "./reasoned-acts.ts";

const leastReason = 3;
const paces = [
  { value: "instant", label: "At once" },
  { value: "last-in-first-out", label: "Step by step" },
] as const;
type Pace = (typeof paces)[number]["value"];

/** Asks for the reason; Enter stays in it and never does the act. */
export function ReasonDialog(props: {
  act: ReasonedAct;
  rollout: RolloutDocument;
  onClose: () => void;
}) {
  const { act, rollout, onClose } = props;
  const [reason, setReason] = useState("");
  const words = wordsOfAct(act, rollout);
  const takesBack = act === "rollback";
  const foresight = useQuery({ ...foresightQuery(rollout.id), enabled: takesBack });
  const [chosen, setChosen] = useState<Pace>();
  // On its way down already, it can only get there sooner; from the first stage there are no steps.
  const canStep = takesBack && rollout.descent === undefined && (rollout.stage ?? 0) > 0;
  const usual = (foresight.data?.steps ?? []).length > 0 ? "last-in-first-out" : "instant";
  const pace = canStep ? (chosen ?? usual) : "instant";
  const command = useCommand({
    run: () =>
      apiClient.post<RolloutDocument>(`${rolloutPath(rollout.id)}/${act}`, {
        reason,
        ...(takesBack ? { pace } : {}),
      }),
    refresh: [["rollouts"], ["flags"], ["rollbacks"]],
    done: words.done,
    inline: true,
    onDone: onClose,
  });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={words.title}
      description={
        foresight.data === undefined
          ? words.description
          : `${foresight.data.targetWords} ${words.description}`
      }
      foot={
        <>
          <Button onClick={onClose}>{words.keep}</Button>
          <Button
            kind={takesBack ? "danger" : "primary"}
            {...(takesBack ? { icon: <Undo2 aria-hidden /> } : {})}
            disabled={reason.trim().length < leastReason}
            busy={command.isPending}
            onClick={() => command.mutate(undefined)}
          >
            {words.act}
          </Button>
        </>
      }
    >
      {command.isError && <ErrorState inline error={command.error} />}
      {canStep && (
        <div className="mb-4 flex flex-col gap-1.5">
          <SegmentedControl label="How fast" segments={paces} value={pace} onChange={setChosen} />
          <p className="text-small text-fg2">
            {pace === "instant"
              ? "Everybody goes back within seconds."
              : "Down through the smaller stages: those who came last leave first."}
          </p>
        </div>
      )}
      <TextArea
        label="Reason"
        required
        hint="Goes into the audit log"
        value={reason}
        onChange={setReason}
      />
    </Dialog>
  );
}
