import {
  Card,
  CodeBlock,
  CopyButton,
  ErrorState,
  Hash,
  KeyValues,
  Loaded,
  SkeletonRows,
  formatCount,
  useSession,
} from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";

import type { AuditCheckpoint } from "../api.ts";
import { buildVerifier, exportRows, verifyElsewhere, verifyHere } from "./commands.ts";
import { checkpointQuery } from "./queries.ts";

/** The signed state of the log to keep elsewhere, and how to check the log without trusting this page. */
export function VerifyCards() {
  const query = useQuery(checkpointQuery);
  return (
    <div className="grid grid-cols-1 items-start gap-5 lg:grid-cols-[repeat(2,minmax(0,1fr))]">
      {query.data === undefined && query.isError ? (
        <ErrorState inline error={query.error} onRetry={() => void query.refetch()} />
      ) : (
        <Loaded query={query} skeleton={<SkeletonRows rows={4} />}>
          {(checkpoint) => <AnchorCard checkpoint={checkpoint} />}
        </Loaded>
      )}
      <HowToVerify checkpoint={query.data} />
    </div>
  );
}

function AnchorCard({ checkpoint }: { checkpoint: AuditCheckpoint }) {
  const { note, publicKey, root, treeSize } = checkpoint;
  return (
    <Card
      title="Keep an anchor"
      note={`checkpoint of ${formatCount(treeSize, "entry", "entries")}`}
      actions={<CopyButton words text={note} label="Copy checkpoint" />}
      foot="Paceline sends checkpoints nowhere by itself: an anchor is only what you keep."
    >
      <p className="mb-3 text-fg2">
        Save this note as <code className="font-mono text-small">anchor.txt</code> where the people
        who run this server cannot change it, such as a ticket or an auditor&apos;s mailbox. A log
        that was later rewritten or rolled back no longer fits it.
      </p>
      <CodeBlock label="checkpoint note" code={note.trimEnd()} />
      <div className="mt-3">
        <KeyValues
          narrow
          items={[
            { key: "Root", value: <Hash value={root} label="Copy root of the checkpoint" /> },
            {
              key: "Public key",
              value: <Hash value={publicKey} label="Copy public key" />,
            },
          ]}
        />
      </div>
    </Card>
  );
}

function HowToVerify({ checkpoint }: { checkpoint: AuditCheckpoint | undefined }) {
  const { workspace } = useSession();
  return (
    <Card
      title="Verify it without Paceline"
      foot="Exit code 0 means intact, 1 tampered, 2 unusable: nothing could be shown."
    >
      <p className="mb-3 text-fg2">
        On the machine of the data directory, with or without a running server:
      </p>
      <CodeBlock label="whole log, here" code={verifyHere} />
      <p className="my-3 text-fg2">
        Anywhere else, with a copy of the folder{" "}
        <code className="font-mono text-small break-all">audit/{workspace.id}</code> and{" "}
        <code className="font-mono text-small break-all">paceline-audit-verify.mjs</code>, one file
        that needs nothing of Paceline and is built into{" "}
        <code className="font-mono text-small break-all">sdks/audit-verifier/dist</code>:
      </p>
      <div className="flex flex-col gap-3">
        <CodeBlock label="build the verifier, once" code={buildVerifier} />
        <CodeBlock label="export the rows" code={exportRows} />
        {checkpoint !== undefined && (
          <CodeBlock
            label="whole log, elsewhere"
            code={verifyElsewhere(workspace.id, checkpoint)}
          />
        )}
      </div>
    </Card>
  );
}
