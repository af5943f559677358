import { Button, Dialog, ErrorState, Select, TextArea } from "@paceline/web-kit";
import type { ReactNode } from "react";
import { useState } from "react";

import type { InitiativeDetail } from "../api.ts";
import { verdictOptions } from "./words.ts";

type DialogProps = {
  initiative: InitiativeDetail;
  busy: boolean;
  error: unknown;
  onClose: () => void;
  onRun: (body: Readonly<Record<string, unknown>>) => void;
};

function Foot(props: { act: string; busy: boolean; danger?: boolean; onClose: () => void }) {
  return (
    <div className="flex justify-end gap-2">
      <Button onClick={props.onClose}>Back</Button>
      <Button type="submit" kind={props.danger === true ? "danger" : "primary"} busy={props.busy}>
        {props.act}
      </Button>
    </div>
  );
}

function ActForm(props: { dialog: DialogProps; onSubmit: () => void; children: ReactNode }) {
  const { dialog, onSubmit, children } = props;
  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {dialog.error != null && <ErrorState inline error={dialog.error} />}
      {children}
    </form>
  );
}

const weekOptions = [
  { value: "1", label: "1 week" },
  { value: "2", label: "2 weeks" },
  { value: "3", label: "3 weeks" },
  { value: "4", label: "4 weeks" },
] as const;

/** Starting: how long the timebox is, and how it is undone. */
export function StartDialog(props: DialogProps) {
  const { initiative, busy, onClose, onRun } = props;
  const [weeks, setWeeks] = useState<(typeof weekOptions)[number]["value"]>("2");
  const number = initiative.iterations.length + 1;
  const marathon = initiative.mode === "marathon";
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={`Start iteration ${number}`}
      description={
        marathon
          ? "A marathon runs by its milestones, so it has no timebox."
          : "The timebox ends by itself; then it needs its verdict. A sprint has two iterations, a third makes it a marathon."
      }
    >
      <ActForm dialog={props} onSubmit={() => onRun(marathon ? {} : { weeks: Number(weeks) })}>
        {!marathon && (
          <Select label="Timebox" options={weekOptions} value={weeks} onChange={setWeeks} />
        )}
        <p className="text-small text-fg3">
          Undone by rolling back its flag, then giving the verdict. Starting changes nothing for
          customers; its flag does.
        </p>
        <Foot act={`Start iteration ${number}`} busy={busy} onClose={onClose} />
      </ActForm>
    </Dialog>
  );
}

/** The end of a run: one of five verdicts, in words. */
export function VerdictDialog(props: DialogProps) {
  const { busy, onClose, onRun } = props;
  const [verdict, setVerdict] = useState<(typeof verdictOptions)[number]["value"] | null>(null);
  const words = verdictOptions.find(({ value }) => value === verdict)?.words;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="Give the verdict"
      description="It ends the iteration in flight. The verdict stays in the audit log; a new iteration can follow it."
    >
      <ActForm dialog={props} onSubmit={() => verdict !== null && onRun({ verdict })}>
        <Select
          label="Verdict"
          placeholder="Choose what the evidence says"
          options={verdictOptions}
          value={verdict}
          onChange={setVerdict}
          hint={words}
        />
        <Foot act="Record the verdict" busy={busy} onClose={onClose} />
      </ActForm>
    </Dialog>
  );
}

/** What was learned is the price of closing. */
export function CaptureDialog(props: DialogProps) {
  const { initiative, busy, onClose, onRun } = props;
  const [learning, setLearning] = useState(initiative.learning ?? "");
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="Capture the learning"
      description="It closes the initiative and is found again by whoever plans the next one."
    >
      <ActForm dialog={props} onSubmit={() => onRun({ learning })}>
        <TextArea
          label="What was learned"
          required
          hint="What you expected, what happened, and what you would do next"
          maxLength={5_000}
          value={learning}
          onChange={setLearning}
        />
        <Foot act="Capture and close" busy={busy} onClose={onClose} />
      </ActForm>
    </Dialog>
  );
}

export function CancelDialog(props: DialogProps) {
  const { busy, onClose, onRun } = props;
  const [reason, setReason] = useState("");
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="Cancel the initiative"
      description="Nothing of it is exposed. It stays readable, with its reason, and cannot be reopened; propose it anew instead."
    >
      <ActForm dialog={props} onSubmit={() => onRun({ reason })}>
        <TextArea label="Reason" required maxLength={1_000} value={reason} onChange={setReason} />
        <Foot danger act="Cancel the initiative" busy={busy} onClose={onClose} />
      </ActForm>
    </Dialog>
  );
}
