import {
  Button,
  Dialog,
  ErrorState,
  Select,
  TextField,
  apiClient,
  asProblem,
  notify,
  useCommand,
} from "@paceline/web-kit";
import { useState } from "react";

import type { AddMember, MemberView, PasswordLink } from "../api.ts";
import { roleHint, roleOptions } from "./roles.ts";
import type { Role } from "./roles.ts";

const refresh = [["members"]];

export function AddMemberDialog(props: {
  onClose: () => void;
  onLink: (name: string, link: PasswordLink) => void;
}) {
  const { onClose, onLink } = props;
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [role, setRole] = useState<Role>("engineer");
  const add = useCommand({
    run: (input: AddMember) =>
      apiClient.post<{ member: MemberView; link: PasswordLink | null }>("/members", input),
    refresh,
    inline: true,
    onDone: ({ member, link }) => {
      if (link !== null) return onLink(member.name, link);
      notify.done(`${member.name} is a member`, "They sign in with the password they have.");
      onClose();
    },
  });
  const problem = add.isError ? asProblem(add.error) : undefined;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title="Add a member"
      description="You get a link to send, by which they set their password."
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate({ name, email, role });
        }}
      >
        {problem !== undefined && problem.faults.length === 0 && (
          <ErrorState inline error={problem} />
        )}
        <TextField
          label="Name"
          required
          value={name}
          onChange={setName}
          error={problem?.faultAt("/name")}
        />
        <TextField
          label="E-mail"
          type="email"
          required
          value={email}
          onChange={setEmail}
          error={problem?.faultAt("/email")}
        />
        <Select
          label="Role"
          options={roleOptions}
          value={role}
          onChange={setRole}
          hint={roleHint(role)}
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" kind="primary" busy={add.isPending}>
            Add member
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

export function RoleDialog(props: { member: MemberView; onClose: () => void }) {
  const { member, onClose } = props;
  const [role, setRole] = useState<Role>(member.role);
  const change = useCommand({
    run: (to: Role) => apiClient.patch<MemberView>(`/members/${member.id}`, { role: to }),
    refresh: [...refresh, ["session"]],
    done: "Role changed",
    inline: true,
    onDone: onClose,
  });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={`Role of ${member.name}`}
      description="It holds from their next click on, and is written to the audit log."
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" busy={change.isPending} onClick={() => change.mutate(role)}>
            Change role
          </Button>
        </>
      }
    >
      {change.isError && <ErrorState inline error={change.error} />}
      <Select
        label="Role"
        options={roleOptions}
        value={role}
        onChange={setRole}
        hint={roleHint(role)}
      />
    </Dialog>
  );
}
