import {
  Badge,
  Button,
  Card,
  ConfirmDialog,
  EmptyState,
  Loaded,
  RelativeTime,
  SkeletonRows,
  Table,
  apiClient,
  formatCount,
  useCommand,
  useMay,
} from "@paceline/web-kit";
import type { Column } from "@paceline/web-kit";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";

import type { KeyView } from "../api.ts";
import { CreateKeyDialog } from "./CreateKeyDialog.tsx";
import { SecretDialog } from "./SecretDialog.tsx";
import { SettingsFrame } from "./SettingsFrame.tsx";

export const keysQuery = queryOptions({
  queryKey: ["keys"],
  queryFn: ({ signal }) => apiClient.get<{ items: KeyView[] }>("/keys", { signal }),
});

type Open =
  | { readonly kind: "none" | "create" }
  | { readonly kind: "secret"; readonly name: string; readonly secret: string }
  | { readonly kind: "revoke"; readonly key: KeyView };

export function KeysPage() {
  const mayRead = useMay("key.read");
  const mayEdit = useMay("key.edit");
  const query = useQuery({ ...keysQuery, enabled: mayRead });
  const [open, setOpen] = useState<Open>({ kind: "none" });
  const close = () => setOpen({ kind: "none" });
  const create = (
    <Button kind="primary" icon={<Plus aria-hidden />} onClick={() => setOpen({ kind: "create" })}>
      Create key
    </Button>
  );
  const inForce = query.data?.items.filter(({ revokedAt }) => revokedAt === null).length;
  return (
    <SettingsFrame
      title="API keys"
      lead={
        inForce === undefined
          ? "Keys let programs write events, evaluate flags, or act as an owner."
          : `${formatCount(inForce, "key")} in force. Their secrets are kept only as hashes.`
      }
      actions={mayEdit && create}
    >
      <Card flush>
        {mayRead ? (
          <Loaded query={query} skeleton={<SkeletonRows />}>
            {({ items }) => (
              <Table
                label="API keys"
                rows={items}
                rowKey={({ id }) => id}
                columns={columnsWith(mayEdit, (key) => setOpen({ kind: "revoke", key }))}
                empty={
                  <EmptyState
                    icon={<KeyRound />}
                    title="Keys of your programs appear here"
                    action={mayEdit && create}
                  >
                    A key for intake can only write events, so a web page may carry it.
                  </EmptyState>
                }
              />
            )}
          </Loaded>
        ) : (
          <EmptyState icon={<KeyRound />} title="Keys are shown to owners and engineers">
            Ask an owner to change your role if you need one.
          </EmptyState>
        )}
      </Card>
      {open.kind === "create" && (
        <CreateKeyDialog
          onClose={close}
          onCreated={(name, secret) => setOpen({ kind: "secret", name, secret })}
        />
      )}
      {open.kind === "secret" && (
        <SecretDialog
          title={`Key ${open.name}`}
          secret={open.secret}
          secretName="key"
          onClose={close}
        >
          Copy it now. Only its hash is kept, so it cannot be shown again.
        </SecretDialog>
      )}
      {open.kind === "revoke" && <RevokeDialog apiKey={open.key} onClose={close} />}
    </SettingsFrame>
  );
}

function RevokeDialog(props: { apiKey: KeyView; onClose: () => void }) {
  const { apiKey, onClose } = props;
  const revoke = useCommand({
    run: () => apiClient.delete(`/keys/${apiKey.id}`),
    refresh: [keysQuery.queryKey],
    done: "Key revoked",
    inline: true,
    onDone: onClose,
  });
  return (
    <ConfirmDialog
      open
      onOpenChange={onClose}
      danger
      title={`Revoke ${apiKey.name}?`}
      description="Whatever uses it is refused at once. This cannot be undone; make a new key instead."
      act="Revoke key"
      busy={revoke.isPending}
      error={revoke.error ?? undefined}
      onConfirm={() => revoke.mutate(undefined)}
    />
  );
}

function columnsWith(
  mayEdit: boolean,
  onRevoke: (key: KeyView) => void,
): readonly Column<KeyView>[] {
  return [
    {
      key: "name",
      label: "Name",
      cell: ({ name, prefix }) => (
        <>
          <span className="font-medium">{name}</span>{" "}
          <code className="font-mono text-small text-fg3">pck_{prefix}_…</code>
        </>
      ),
    },
    {
      key: "scopes",
      label: "May",
      cell: ({ scopes }) => (
        <span className="flex flex-wrap gap-1">
          {scopes.map((scope) => (
            <Badge key={scope} tone={scope === "admin" ? "caution" : "plain"}>
              {scope}
            </Badge>
          ))}
        </span>
      ),
    },
    {
      key: "environment",
      label: "Environment",
      from: "md",
      cell: ({ environment }) => environment ?? <span className="text-fg3">whole workspace</span>,
    },
    {
      key: "used",
      label: "Last used",
      from: "sm",
      cell: ({ lastUsedAt, createdAt, createdBy }) => (
        <span className="text-fg2" title={`Created by ${createdBy}`}>
          {lastUsedAt === null ? (
            <>
              never, created <RelativeTime at={createdAt} />
            </>
          ) : (
            <RelativeTime at={lastUsedAt} />
          )}
        </span>
      ),
    },
    {
      key: "acts",
      label: "Acts",
      hideLabel: true,
      align: "right",
      cell: (key) => {
        if (key.revokedAt !== null) {
          return (
            <span className="text-fg3">
              revoked <RelativeTime at={key.revokedAt} />
            </span>
          );
        }
        if (!mayEdit) return null;
        return (
          <Button
            small
            kind="quiet"
            aria-label={`Revoke ${key.name}`}
            onClick={() => onRevoke(key)}
          >
            Revoke
          </Button>
        );
      },
    },
  ];
}
