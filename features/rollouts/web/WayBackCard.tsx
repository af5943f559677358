import {
  Badge,
  Button,
  Card,
  KeyValues,
  Loaded,
  Notice,
  Person,
  RelativeTime,
  SkeletonRows,
  formatDuration,
  useLive,
  useMay,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Suspense, lazy, useState } from "react";

import type { RollbackDefinitionDocument, RollbackState } from "../api.ts";
import { membersQuery, rollbackQuery } from "./queries.ts";
import { modeWords, paceWords, targetWords, triggerWords } from "./words.ts";

const WayBackForm = lazy(async () => ({
  default: (await import("./WayBackForm.tsx")).WayBackForm,
}));

type Props = {
  environment: string;
  flagKey: string;
  experimentId?: string | null | undefined;
  initiativeId?: string | null | undefined;
};

/** Where a flag goes back to, how, and who answers for it; it can be defined in place. */
export function WayBackCard(props: Props) {
  const { environment, flagKey } = props;
  const query = useQuery(rollbackQuery(environment, flagKey));
  useLive("rollbacks", ["rollbacks"]);
  const [editing, setEditing] = useState(false);
  const mayEdit = useMay("rollout.edit");
  const definition = query.data?.definition ?? null;
  const shown = mayEdit && query.data !== undefined && (definition === null || editing);
  return (
    <Card
      title="Way back"
      note={flagKey}
      flush
      actions={
        mayEdit &&
        definition !== null &&
        !editing && (
          <Button small onClick={() => setEditing(true)}>
            Change
          </Button>
        )
      }
    >
      <Loaded query={query} skeleton={<SkeletonRows rows={4} />}>
        {(state) => (
          <div className="card-p flex flex-col gap-4">
            {definition === null && (
              <Notice tone="caution" title="No way back is defined.">
                A run cannot start without one. Rolling back by hand serves the off variant.
              </Notice>
            )}
            {shown ? (
              <Suspense fallback={<SkeletonRows rows={4} />}>
                <WayBackForm
                  {...props}
                  key={definition?.version ?? 0}
                  definition={definition}
                  onDone={() => setEditing(false)}
                  onCancel={definition === null ? undefined : () => setEditing(false)}
                />
              </Suspense>
            ) : (
              definition !== null && <Definition definition={definition} state={state} />
            )}
          </div>
        )}
      </Loaded>
    </Card>
  );
}

function Definition(props: { definition: RollbackDefinitionDocument; state: RollbackState }) {
  const { definition, state } = props;
  const members = useQuery(membersQuery);
  const owner = members.data?.items.find(({ id }) => id === definition.ownerId);
  const last = state.executions[0];
  return (
    <KeyValues
      items={[
        { key: "Goes back to", value: targetWords(definition.target) },
        { key: "How", value: modeWords(definition.mode) },
        { key: "How fast", value: paceWords(definition) },
        {
          key: "Sent by",
          value:
            definition.triggers.length === 0 ? (
              "nothing; only by hand"
            ) : (
              <span className="flex flex-wrap gap-1">
                {definition.triggers.map((trigger) => (
                  <Badge key={trigger}>{triggerWords(trigger)}</Badge>
                ))}
              </span>
            ),
        },
        {
          key: "Owner",
          value: <Person name={owner?.name ?? "A former member"} />,
        },
        { key: "Worked when", value: definition.verification },
        {
          key: "Takes",
          value:
            last === undefined ? (
              "not measured yet: it has never been rolled back"
            ) : (
              <span>
                {last.effectMs === null ? "not measured" : formatDuration(last.effectMs)}, last{" "}
                <RelativeTime at={last.startedAt} />
              </span>
            ),
        },
        {
          key: "Defined",
          value: (
            <span>
              <RelativeTime at={definition.updatedAt} />, version {definition.version}
            </span>
          ),
        },
      ]}
    />
  );
}
