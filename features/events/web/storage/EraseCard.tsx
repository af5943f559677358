import {
  Button,
  Card,
  Checkbox,
  CopyButton,
  Dialog,
  EmptyState,
  ErrorState,
  Hash,
  KeyValues,
  Loaded,
  Notice,
  RelativeTime,
  SkeletonRows,
  Table,
  TextArea,
  TextField,
  apiClient,
  asProblem,
  formatCount,
  formatDate,
  formatDuration,
  formatNumber,
  useCommand,
  useMay,
} from "@paceline/web-kit";
import type { Column } from "@paceline/web-kit";
import { useQuery } from "@tanstack/react-query";
import { UserX } from "lucide-react";
import { useState } from "react";

import type { Erasure, ErasurePreview } from "../../api.ts";
import { erasuresQuery, membersQuery } from "../queries.ts";

const word = "erase";

/** Erases one person for good, and lists whom, by digest, has been erased. */
export function EraseCard() {
  const mayErase = useMay("event.erase");
  return mayErase ? <EraseSection /> : null;
}

function EraseSection() {
  const [open, setOpen] = useState(false);
  const query = useQuery(erasuresQuery);
  return (
    <>
      <Card
        title="Erasures"
        note="from every file of this server, with a receipt"
        flush
        actions={
          <Button small kind="danger" onClick={() => setOpen(true)}>
            Erase a person
          </Button>
        }
      >
        <Loaded query={query} skeleton={<SkeletonRows rows={2} />}>
          {({ items }) => (
            <Table
              label="Erasures"
              stickyHead={false}
              rows={items}
              rowKey={({ id }) => id}
              columns={columns}
              empty={
                <EmptyState icon={<UserX />} title="Receipts of erasures appear here">
                  Nobody has been erased. A receipt names people by digest only.
                </EmptyState>
              }
            />
          )}
        </Loaded>
      </Card>
      {open && <EraseDialog onClose={() => setOpen(false)} />}
    </>
  );
}

/** Keys and services are no members; their ids stay as they are. */
function By(props: { id: string }) {
  const members = useQuery(membersQuery);
  const name = members.data?.items.find(({ id }) => id === props.id)?.name;
  return <span className="text-fg2">{name ?? props.id}</span>;
}

const columns: readonly Column<Erasure>[] = [
  {
    key: "reason",
    label: "Reason",
    cell: ({ reason }) => <span className="font-medium">{reason}</span>,
  },
  {
    key: "removed",
    label: "Removed",
    align: "right",
    cell: ({ rowsRemoved, state }) =>
      state === "running" ? "under way" : formatCount(rowsRemoved, "event"),
  },
  {
    key: "receipt",
    label: "Receipt",
    from: "md",
    cell: ({ receiptSha256 }) =>
      receiptSha256 === null ? (
        <span className="text-fg3">when it is done</span>
      ) : (
        <Hash value={receiptSha256} label="Copy the receipt's digest" />
      ),
  },
  {
    key: "by",
    label: "By",
    from: "sm",
    cell: ({ requestedBy }) => <By id={requestedBy} />,
  },
  {
    key: "when",
    label: "When",
    align: "right",
    cell: ({ requestedAt }) => (
      <span className="text-fg2">
        <RelativeTime at={requestedAt} />
      </span>
    ),
  },
];

/** Whom, then what would go, then the word, then the receipt. */
function EraseDialog(props: { onClose: () => void }) {
  const { onClose } = props;
  const [text, setText] = useState("");
  const [previewed, setPreviewed] = useState<readonly string[]>();
  const identifiers = [...new Set(text.split(/\s*[\n,]\s*/u).filter((id) => id.trim() !== ""))];
  const preview = useCommand({
    run: (ids: readonly string[]) =>
      apiClient.post<ErasurePreview>("/events/erasures/preview", { identifiers: ids }),
    inline: true,
    onDone: (_found, ids) => setPreviewed(ids),
  });
  return (
    <Dialog open wide onOpenChange={onClose} title="Erase a person">
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          preview.mutate(identifiers);
        }}
      >
        <TextArea
          label="User ids and anonymous ids"
          hint="Of one person, one a line, as they were sent."
          mono
          required
          value={text}
          onChange={(next) => {
            setText(next);
            setPreviewed(undefined);
          }}
        />
        {preview.isError && <ErrorState inline error={preview.error} />}
        {previewed === undefined && (
          <div className="flex justify-end">
            <Button type="submit" kind="primary" busy={preview.isPending}>
              Show what would go
            </Button>
          </div>
        )}
      </form>
      {previewed !== undefined && preview.data !== undefined && (
        <>
          <Preview preview={preview.data} />
          <Confirm identifiers={previewed} onClose={onClose} />
        </>
      )}
    </Dialog>
  );
}

function Preview(props: { preview: ErasurePreview }) {
  const { events, atLeast, environments, alsoKnownAs } = props.preview;
  if (events === 0)
    return (
      <Notice title="Nothing is stored of these identifiers.">
        Erasing them still refuses what they send from now on.
      </Notice>
    );
  return (
    <div className="flex flex-col gap-3">
      <p className="font-medium">
        {atLeast ? "At least " : ""}
        {formatCount(events, "event")} would be removed.
      </p>
      <KeyValues
        items={environments.map(({ environment, events: count, names, firstAt, lastAt }) => ({
          key: environment,
          value: (
            <>
              <span>
                {formatNumber(count)}, {formatDate(firstAt)} to {formatDate(lastAt)}
              </span>
              <span className="text-small text-fg3">
                {names.map(({ name, events: of }) => `${name} ${formatNumber(of)}`).join(", ")}
              </span>
            </>
          ),
        }))}
      />
      {alsoKnownAs.length > 0 && (
        <p className="text-small text-fg2">
          They also came with <span className="font-mono">{alsoKnownAs.join(", ")}</span>. An
          anonymous id that came with nobody else goes, too.
        </p>
      )}
    </div>
  );
}

function Confirm(props: { identifiers: readonly string[]; onClose: () => void }) {
  const { identifiers, onClose } = props;
  const [reason, setReason] = useState("");
  const [typed, setTyped] = useState("");
  const [suppress, setSuppress] = useState(true);
  const erase = useCommand({
    run: () => apiClient.post<Erasure>("/events/erasures", { identifiers, reason, suppress }),
    refresh: [["events"]],
    inline: true,
  });
  const problem = erase.isError ? asProblem(erase.error) : undefined;
  if (erase.data !== undefined) return <Receipt erasure={erase.data} onClose={onClose} />;
  return (
    <form
      className="flex flex-col gap-4 border-t border-line pt-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (typed === word) erase.mutate(undefined);
      }}
    >
      <TextField
        label="Reason"
        hint="Kept for ever in the receipt and the audit log, so it must not name the person."
        required
        value={reason}
        onChange={setReason}
        error={problem?.faultAt("body/reason") ?? problem?.faultAt("/reason")}
      />
      <Checkbox
        label="Refuse what these identifiers send from now on"
        checked={suppress}
        onChange={setSuppress}
      />
      <TextField
        label={`Type ${word} to confirm`}
        hint="This cannot be undone, and a backup that is restored erases them again."
        required
        autoComplete="off"
        value={typed}
        onChange={setTyped}
      />
      {problem !== undefined && problem.faults.length === 0 && (
        <ErrorState inline error={erase.error} />
      )}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" kind="danger" busy={erase.isPending} disabled={typed !== word}>
          Erase for good
        </Button>
      </div>
    </form>
  );
}

function Receipt(props: { erasure: Erasure; onClose: () => void }) {
  const { erasure, onClose } = props;
  const done = erasure.state === "done";
  return (
    <div className="flex flex-col gap-3 border-t border-line pt-4">
      <Notice tone={done ? "positive" : "accent"} title={done ? "Erased." : "Under way."}>
        {done
          ? `${formatCount(erasure.rowsRemoved, "event")} removed from ${formatCount(erasure.files.length, "file")} in ${formatDuration(erasure.tookMs ?? 0)}.`
          : "It goes on by itself, and its receipt appears in the list."}
      </Notice>
      {erasure.unexamined.length > 0 && (
        <Notice tone="caution" title="Damaged files may still hold the person.">
          {erasure.unexamined.join(", ")}
        </Notice>
      )}
      {erasure.receiptSha256 !== null && (
        <p className="text-small text-fg2">
          Receipt <Hash value={erasure.receiptSha256} label="Copy the receipt's digest" />, also in
          the audit log.
        </p>
      )}
      <div className="flex justify-end gap-2">
        <CopyButton words text={JSON.stringify(erasure, null, 2)} label="Copy receipt" />
        <Button kind="primary" onClick={onClose}>
          Done
        </Button>
      </div>
    </div>
  );
}
