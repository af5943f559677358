import {
  Button,
  Dialog,
  ErrorState,
  Notice,
  TextArea,
  apiClient,
  asProblem,
  useCommand,
} from "@paceline/web-kit";
import { useState } from "react";

import type { BadEventView, FixOneAnswer } from "../../bad-event-api.ts";

const ROWS = 18;

/** Corrects one event by hand; it is taken in only if it passes. */
export function FixDialog(props: { environment: string; bad: BadEventView; onClose: () => void }) {
  const { environment, bad, onClose } = props;
  const [text, setText] = useState(() => JSON.stringify(bad.raw, null, 2));
  const [answer, setAnswer] = useState<FixOneAnswer | null>(null);
  const fix = useCommand({
    run: (dryRun: boolean) => {
      const raw: unknown = JSON.parse(text);
      return apiClient.post<FixOneAnswer>(
        `/events/bad/${encodeURIComponent(bad.source)}/${encodeURIComponent(bad.messageId)}/fix`,
        { environment, raw, dryRun },
      );
    },
    refresh: [["bad-events"]],
    inline: true,
    onDone: (next) => {
      if (next.outcome === "replayed") onClose();
      else setAnswer(next);
    },
  });
  const readable = isJson(text);
  return (
    <Dialog
      open
      wide
      onOpenChange={onClose}
      title="Fix this event by hand"
      description={`${bad.at || "It"} ${bad.reason}. It keeps its message id and the time at which it arrived.`}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button disabled={!readable} busy={fix.isPending} onClick={() => fix.mutate(true)}>
            Check
          </Button>
          <Button
            kind="primary"
            disabled={!readable}
            busy={fix.isPending}
            onClick={() => fix.mutate(false)}
          >
            Take it in
          </Button>
        </>
      }
    >
      <TextArea
        label="Event"
        mono
        rows={ROWS}
        spellCheck={false}
        value={text}
        onChange={(next) => {
          setText(next);
          setAnswer(null);
        }}
        error={readable ? undefined : "The text is no JSON yet."}
      />
      {answer?.outcome === "would-pass" && <Notice tone="positive">It would pass.</Notice>}
      {answer?.outcome === "still-bad" && (
        <Notice tone="caution">
          <span className="font-mono text-small">{answer.fault?.path || "/"}</span>{" "}
          {answer.fault?.reason}. Nothing was stored.
        </Notice>
      )}
      {fix.isError && <ErrorState inline error={asProblem(fix.error)} />}
    </Dialog>
  );
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
