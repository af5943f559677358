import {
  AbsoluteTime,
  Badge,
  CodeBlock,
  EmptyState,
  Hash,
  KeyValues,
  Loaded,
  PanelSection,
  Person,
  SidePanel,
  SkeletonRows,
  TextLink,
  formatCount,
  useSession,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { CircleCheck, Clock, OctagonAlert } from "lucide-react";

import type { AuditEntry, AuditProof, ProvenAuditEntry } from "../api.ts";
import { proveElsewhere, proveHere } from "./commands.ts";
import { browserDigest, checkInclusion } from "./inclusion.ts";
import { auditPage } from "./pages.ts";
import { entryQuery, namesEntry } from "./queries.ts";
import { kindOf, nameOf, subjectAddress, subjectWords } from "./words.ts";

/** One entry beside the list: what it says, and why it can be believed. */
export function EntryPanel(props: { entry: string; closeTo: string }) {
  const query = useQuery({
    ...entryQuery(props.entry),
    enabled: namesEntry(props.entry),
    // A moment after the commit an entry gets its place, and then its proof.
    refetchInterval: ({ state }) => (state.data?.proof === null ? 1_000 : false),
  });
  const { data } = query;
  return (
    <SidePanel
      title={data === undefined ? "Entry" : titleOf(data.entry)}
      meta={data === undefined ? undefined : <code className="font-mono">{data.entry.action}</code>}
      closeTo={props.closeTo}
    >
      {namesEntry(props.entry) ? (
        <Loaded query={query} skeleton={<SkeletonRows />}>
          {(found) => <Content found={found} />}
        </Loaded>
      ) : (
        <EmptyState
          title="This address names no entry"
          link={<TextLink to={props.closeTo}>Back to the list</TextLink>}
        >
          An entry is named by its index, such as 42, or by its id.
        </EmptyState>
      )}
    </SidePanel>
  );
}

function titleOf({ index }: AuditEntry): string {
  return index === null ? "Entry without a place yet" : `Entry ${index}`;
}

function Content({ found }: { found: ProvenAuditEntry }) {
  const { entry, proof } = found;
  const address = subjectAddress(entry);
  return (
    <>
      <PanelSection>
        <KeyValues
          narrow
          items={[
            {
              key: "Actor",
              value: (
                <Person
                  name={nameOf(entry)}
                  kind={kindOf(entry)}
                  note={entry.actor.role ?? undefined}
                />
              ),
            },
            {
              key: "About",
              value:
                address === null ? (
                  subjectWords(entry)
                ) : (
                  <TextLink to={address}>{subjectWords(entry)}</TextLink>
                ),
            },
            { key: "When", value: <AbsoluteTime at={entry.at} /> },
            { key: "Entry id", value: <Hash value={entry.id} label="Copy entry id" /> },
          ]}
        />
        <p className="mt-3 flex flex-wrap gap-x-4 gap-y-1 text-small">
          <TextLink to={auditPage.href({}, { subjectId: entry.subject.id })}>
            All about this subject
          </TextLink>
          <TextLink to={auditPage.href({}, { actor: entry.actor.id })}>All by this actor</TextLink>
          <TextLink to={auditPage.href({}, { action: entry.action })}>All of this action</TextLink>
        </p>
      </PanelSection>
      <PanelSection title="Detail">
        <CodeBlock
          label="detail"
          language="json"
          code={JSON.stringify(entry.detail, null, 2) ?? "null"}
        />
      </PanelSection>
      {entry.personal.length > 0 && (
        <PanelSection title="Personal values" note="erasable; the log holds digests">
          <KeyValues
            narrow
            items={entry.personal.map(({ name, value }) => ({
              key: name,
              value: value ?? <span className="text-fg3">erased</span>,
            }))}
          />
        </PanelSection>
      )}
      {proof === null ? (
        <PanelSection title="Place in the log">
          <Badge tone="caution" icon={<Clock aria-hidden />}>
            Waits for the next checkpoint
          </Badge>
        </PanelSection>
      ) : (
        <Proof proof={proof} />
      )}
    </>
  );
}

function Proof({ proof }: { proof: AuditProof }) {
  const { checkpoint, index, leafHash, hashes } = proof;
  const { workspace } = useSession();
  return (
    <>
      <PanelSection title="Place in the log" note={<InclusionBadge proof={proof} />}>
        <p className="mb-3 text-fg2">
          Entry {index} of {checkpoint.treeSize.toLocaleString("en-US")}.{" "}
          {formatCount(hashes.length, "hash", "hashes")} lead from it to the root that the
          checkpoint signs.
        </p>
        <ol className="flex flex-col gap-2">
          <Step name="This entry" value={leafHash} />
          {hashes.map((hash, at) => (
            <Step key={at} name={`Sibling ${at + 1}`} value={hash} quiet />
          ))}
          <Step name="Root" value={checkpoint.root} />
        </ol>
      </PanelSection>
      <PanelSection title="Signed checkpoint" note="keep a copy elsewhere: it is an anchor">
        <CodeBlock label="checkpoint" code={checkpoint.note.trimEnd()} />
        <div className="mt-2">
          <KeyValues
            narrow
            items={[
              {
                key: "Public key",
                value: <Hash value={checkpoint.publicKey} label="Copy public key" />,
              },
            ]}
          />
        </div>
      </PanelSection>
      <PanelSection title="Verify this entry offline">
        <div className="flex flex-col gap-3">
          <CodeBlock label="on the server's machine" code={proveHere(workspace.id, index)} />
          <CodeBlock
            label="without Paceline"
            code={proveElsewhere(workspace.id, index, checkpoint)}
          />
        </div>
        <p className="mt-2 text-small text-fg3">
          The first checks signature, path and row; the second needs a copy of the log&apos;s
          folder. Exit code 0 means intact, 1 tampered, 2 unusable.
        </p>
      </PanelSection>
    </>
  );
}

function Step(props: { name: string; value: string; quiet?: boolean }) {
  return (
    <li
      className={
        props.quiet === true
          ? "rounded-control border border-dashed border-line-2 px-3 py-2"
          : "rounded-control border border-line-2 bg-sunken px-3 py-2"
      }
    >
      <p className="text-meta text-fg3">{props.name}</p>
      <Hash value={props.value} whole label={`Copy hash of ${props.name.toLowerCase()}`} />
    </li>
  );
}

/** Whether this browser itself gets from the entry's bytes to the root. */
function InclusionBadge({ proof }: { proof: AuditProof }) {
  const query = useQuery({
    queryKey: ["audit", "inclusion", proof.leafHash, proof.checkpoint.root],
    queryFn: () => checkInclusion(proof, browserDigest()),
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (query.data === "fits") {
    return (
      <Badge tone="positive" icon={<CircleCheck aria-hidden />} title="Recomputed by this browser">
        Recomputed here
      </Badge>
    );
  }
  if (query.data === "broken") {
    return (
      <Badge tone="negative" icon={<OctagonAlert aria-hidden />}>
        Does not fit the root
      </Badge>
    );
  }
  return query.data === "unavailable" ? "not recomputed: needs HTTPS" : null;
}
