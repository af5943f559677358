import { Badge, Button, Card, formatCount, useMay } from "@paceline/web-kit";
import { Send } from "lucide-react";

import { differences } from "../../domain/diff.ts";
import type { FlagPlace } from "../place.ts";
import { configurationWords } from "../words.ts";
import type { DraftState } from "./draft-state.ts";
import { Warnings } from "./Warnings.tsx";

/** How the draft stands against what is in force, and the two acts: save it, review and publish it. */
export function DraftCard(props: {
  at: FlagPlace;
  state: DraftState;
  faults: number;
  busy: boolean;
  disabled: boolean;
  onSave: () => void;
  onReview: () => void;
}) {
  const { at, state, faults, busy, disabled, onSave, onReview } = props;
  const { environment, place } = at;
  const mayPublish = useMay("flag.publish");
  const published = place?.published?.content.configuration;
  const changes = published === undefined ? null : differences(published, state.draft);
  const same = changes?.length === 0;
  return (
    <Card
      title="Draft"
      note={environment}
      actions={
        state.isChanged ? (
          <Badge tone="caution">Not saved</Badge>
        ) : same ? (
          <Badge>As in force</Badge>
        ) : (
          <Badge tone="accent">Differs</Badge>
        )
      }
      foot="Nobody sees a draft. Publishing makes it the next revision, which can be taken back at once."
    >
      <div className="flex flex-col gap-3">
        <p>
          {changes === null && <span className="text-fg2">Nothing is in force yet. </span>}
          {same
            ? "There is nothing to publish: the draft is what is in force."
            : changes === null
              ? configurationWords(state.draft)
              : `${formatCount(changes.length, "change")} against revision ${place?.published?.revision ?? 0}.`}
        </p>
        <Warnings published={published} draft={state.draft} />
        {faults > 0 && (
          <p role="alert" className="text-negative">
            {faults === 1 ? "One field needs" : `${faults} fields need`} another look before this
            can be saved.
          </p>
        )}
        {!disabled && (
          <div className="flex flex-wrap gap-2">
            {mayPublish && (
              <Button
                kind="primary"
                icon={<Send aria-hidden />}
                busy={busy}
                disabled={same}
                onClick={onReview}
              >
                Review and publish
              </Button>
            )}
            <Button busy={busy} disabled={!state.isChanged} onClick={onSave}>
              Save draft
            </Button>
            {state.isChanged && (
              <Button kind="quiet" disabled={busy} onClick={state.undo}>
                Undo
              </Button>
            )}
          </div>
        )}
        {!disabled && !mayPublish && (
          <p className="text-small text-fg3">Your role may write drafts, not publish them.</p>
        )}
      </div>
    </Card>
  );
}
