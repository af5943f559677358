import {
  Badge,
  Button,
  Card,
  KeyValues,
  Person,
  RelativeTime,
  TextLink,
  apiClient,
  useCommand,
  useMay,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { Suspense, lazy, useState } from "react";

import type { FlagDetail } from "../../api.ts";
import { Lifecycle } from "../list/Lifecycle.tsx";
import { flagPath, membersQuery } from "../queries.ts";
import { VariantSwatch } from "../VariantBar.tsx";
import type { VariantNames } from "../VariantBar.tsx";
import { valueWords } from "../words.ts";

const nextStep = {
  live: { to: "concluded", act: "Conclude" },
  concluded: { to: "clean-up", act: "Clean up its code" },
  "clean-up": { to: "live", act: "Keep it after all" },
} as const;

/** Says that the flag has come to its end, that its code may go, or that it lives on. */
function MoveLifecycle(props: { flag: FlagDetail }) {
  const { key, lifecycle } = props.flag;
  const next = lifecycle === "draft" || lifecycle === "archived" ? null : nextStep[lifecycle];
  const move = useCommand({
    run: () => apiClient.post<FlagDetail>(`${flagPath(key)}/lifecycle`, { lifecycle: next?.to }),
    refresh: [["flags"], ["stale-flags"]],
    done: "Lifecycle changed; nobody sees another variant",
  });
  if (next === null) return null;
  return (
    <Button small kind="quiet" busy={move.isPending} onClick={() => move.mutate(undefined)}>
      {next.act}
    </Button>
  );
}

const AboutDialog = lazy(async () => ({
  default: (await import("./AboutDialog.tsx")).AboutDialog,
}));

/** What the flag is: owner, lifecycle, tags, variants and when it should be gone. */
export function AboutCard(props: { flag: FlagDetail; names: VariantNames }) {
  const { flag, names } = props;
  const members = useQuery(membersQuery);
  const may = useMay("flag.edit");
  const [editing, setEditing] = useState(false);
  const owner = members.data?.items.find(({ id }) => id === flag.owner);
  return (
    <Card
      title="About"
      actions={
        may &&
        flag.archivedAt === null && (
          <Button small kind="quiet" onClick={() => setEditing(true)}>
            Edit
          </Button>
        )
      }
    >
      <KeyValues
        narrow
        items={[
          ...(flag.description === "" ? [] : [{ key: "For", value: flag.description }]),
          { key: "Owner", value: owner === undefined ? "nobody" : <Person name={owner.name} /> },
          {
            key: "Lifecycle",
            value: (
              <span className="flex flex-wrap items-center gap-2">
                <Lifecycle lifecycle={flag.lifecycle} />
                {may && <MoveLifecycle flag={flag} />}
              </span>
            ),
          },
          ...(flag.tags.length === 0
            ? []
            : [
                {
                  key: "Tags",
                  value: (
                    <span className="flex flex-wrap gap-1">
                      {flag.tags.map((tag) => (
                        <Badge key={tag}>{tag}</Badge>
                      ))}
                    </span>
                  ),
                },
              ]),
          { key: "Type", value: flag.type },
          {
            key: "Variants",
            value: (
              <ul className="flex flex-col gap-1">
                {Object.entries(flag.variants).map(([name, value]) => (
                  <li key={name} className="flex flex-wrap items-center gap-x-1.5 break-words">
                    <VariantSwatch variant={name} names={names} />
                    {name}{" "}
                    <code className="font-mono text-small text-fg3">{valueWords(value)}</code>
                  </li>
                ))}
              </ul>
            ),
          },
          ...(flag.initiativeId === null
            ? []
            : [
                {
                  key: "Initiative",
                  value: <TextLink to={`/initiatives/${flag.initiativeId}`}>Open it</TextLink>,
                },
              ]),
          {
            key: "Should go",
            value:
              flag.expiresAt === null ? (
                <span className="text-fg3">no date is set</span>
              ) : (
                <RelativeTime at={flag.expiresAt} />
              ),
          },
        ]}
      />
      {editing && (
        <Suspense>
          <AboutDialog flag={flag} onClose={() => setEditing(false)} />
        </Suspense>
      )}
    </Card>
  );
}
