import {
  Button,
  Card,
  ConfirmDialog,
  IconButton,
  Loaded,
  Menu,
  Person,
  RelativeTime,
  SkeletonRows,
  Table,
  apiClient,
  formatCount,
  useCommand,
  useMay,
  useSession,
} from "@paceline/web-kit";
import type { Column } from "@paceline/web-kit";
import { queryOptions, useQuery } from "@tanstack/react-query";
import { Ellipsis, Plus } from "lucide-react";
import type { ReactNode } from "react";
import { useState } from "react";

import type { MemberView, PasswordLink } from "../api.ts";
import { AddMemberDialog, RoleDialog } from "./MemberDialogs.tsx";
import { roleLabel } from "./roles.ts";
import { SecretDialog } from "./SecretDialog.tsx";
import { SettingsFrame } from "./SettingsFrame.tsx";

export const membersQuery = queryOptions({
  queryKey: ["members"],
  queryFn: ({ signal }) => apiClient.get<{ items: MemberView[] }>("/members", { signal }),
});

type Open =
  | { readonly kind: "none" }
  | { readonly kind: "add" }
  | { readonly kind: "role" | "remove"; readonly member: MemberView }
  | { readonly kind: "link"; readonly name: string; readonly link: PasswordLink };

export function MembersPage() {
  const query = useQuery(membersQuery);
  const [open, setOpen] = useState<Open>({ kind: "none" });
  const mayEdit = useMay("member.edit");
  const close = () => setOpen({ kind: "none" });
  const count = query.data?.items.length;
  const remove = useCommand({
    run: ({ id }: MemberView) => apiClient.delete(`/members/${id}`),
    refresh: [membersQuery.queryKey],
    done: "Member removed",
    inline: true,
    onDone: close,
  });
  const makeLink = useCommand({
    run: ({ id }: MemberView) => apiClient.post<PasswordLink>(`/members/${id}/password-link`),
    onDone: (link, { name }) => setOpen({ kind: "link", name, link }),
  });
  return (
    <SettingsFrame
      title="Members"
      lead={
        count === undefined
          ? "People who may see or change this workspace."
          : `${formatCount(count, "person", "people")} may see or change this workspace.`
      }
      actions={
        mayEdit && (
          <Button
            kind="primary"
            icon={<Plus aria-hidden />}
            onClick={() => setOpen({ kind: "add" })}
          >
            Add member
          </Button>
        )
      }
    >
      <Card flush>
        <Loaded query={query} skeleton={<SkeletonRows />}>
          {({ items }) => (
            <Table
              label="Members"
              rows={items}
              rowKey={({ id }) => id}
              columns={columnsWith((member) =>
                mayEdit ? (
                  <MemberMenu
                    member={member}
                    onRole={() => setOpen({ kind: "role", member })}
                    onRemove={() => setOpen({ kind: "remove", member })}
                    onLink={() => makeLink.mutate(member)}
                  />
                ) : null,
              )}
            />
          )}
        </Loaded>
      </Card>
      {open.kind === "add" && (
        <AddMemberDialog
          onClose={close}
          onLink={(name, link) => setOpen({ kind: "link", name, link })}
        />
      )}
      {open.kind === "role" && <RoleDialog member={open.member} onClose={close} />}
      {open.kind === "link" && (
        <SecretDialog
          title={`Link for ${open.name}`}
          secret={`${globalThis.location.origin}${open.link.path}`}
          secretName="link"
          onClose={close}
        >
          Send it to {open.name}. It sets the password, works once, and ends{" "}
          <RelativeTime at={open.link.expiresAt} />. It cannot be shown again.
        </SecretDialog>
      )}
      {open.kind === "remove" && (
        <ConfirmDialog
          open
          onOpenChange={close}
          danger
          title={`Remove ${open.member.name}?`}
          description="Their sessions end at once. What they did stays in the audit log. You can add them again."
          act="Remove member"
          busy={remove.isPending}
          error={remove.error ?? undefined}
          onConfirm={() => remove.mutate(open.member)}
        />
      )}
    </SettingsFrame>
  );
}

function columnsWith(acts: (member: MemberView) => ReactNode): readonly Column<MemberView>[] {
  return [
    { key: "name", label: "Name", cell: ({ name }) => <Person name={name} /> },
    {
      key: "email",
      label: "E-mail",
      from: "sm",
      cell: ({ email }) => <span className="text-fg2">{email}</span>,
    },
    { key: "role", label: "Role", cell: ({ role }) => roleLabel(role) },
    {
      key: "added",
      label: "Added",
      from: "md",
      cell: ({ addedAt, hasPassword }) => (
        <span className="text-fg2">
          <RelativeTime at={addedAt} />
          {!hasPassword && <span className="text-caution">, has not signed in yet</span>}
        </span>
      ),
    },
    { key: "acts", label: "Acts", hideLabel: true, width: "3rem", align: "right", cell: acts },
  ];
}

function MemberMenu(props: {
  member: MemberView;
  onRole: () => void;
  onRemove: () => void;
  onLink: () => void;
}) {
  const { member, onRole, onRemove, onLink } = props;
  const { person } = useSession();
  return (
    <Menu
      label={`Acts on ${member.name}`}
      trigger={
        <IconButton small label={`Acts on ${member.name}`} icon={<Ellipsis aria-hidden />} />
      }
      entries={[
        { label: "Change role", onSelect: onRole },
        { label: "Make a password link", onSelect: onLink },
        { kind: "line" },
        {
          label: person.id === member.id ? "Leave the workspace" : "Remove member",
          danger: true,
          onSelect: onRemove,
        },
      ]}
    />
  );
}
