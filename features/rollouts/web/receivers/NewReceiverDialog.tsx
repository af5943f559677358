import {
  Button,
  CodeBlock,
  Dialog,
  ErrorState,
  Notice,
  TextField,
  apiClient,
  asProblem,
  useCommand,
} from "@paceline/web-kit";
import { useState } from "react";

import type { NewAlertReceiver } from "../../api.ts";
import { alertmanagerYaml, testAlert, testCommand } from "./alertmanager.ts";

/** Opens a place for alerts; its address is shown once, with what to write where. */
export function NewReceiverDialog(props: { onClose: () => void }) {
  const { onClose } = props;
  const [name, setName] = useState("");
  const create = useCommand({
    run: () => apiClient.post<NewAlertReceiver>("/alert-receivers", { name: name.trim() }),
    refresh: [["alert-receivers"]],
    done: "Receiver created",
    inline: true,
  });
  if (create.data !== undefined) {
    return <Address name={create.data.receiver.name} path={create.data.path} onClose={onClose} />;
  }
  const problem = create.isError ? asProblem(create.error) : undefined;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="New alert receiver"
      description="Anything that speaks Alertmanager’s webhook format can send its alerts to it."
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            kind="primary"
            busy={create.isPending}
            disabled={name.trim() === ""}
            onClick={() => create.mutate(undefined)}
          >
            Create receiver
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <TextField
          label="Name of the system"
          hint="Such as “Prometheus, Europe”"
          value={name}
          onChange={setName}
          error={problem?.faultAt("/name")}
        />
        {problem !== undefined && <ErrorState inline error={problem} />}
      </div>
    </Dialog>
  );
}

function Address(props: { name: string; path: string; onClose: () => void }) {
  const { name, path, onClose } = props;
  const url = new URL(path, window.location.origin).href;
  const [now] = useState(() => new Date());
  const send = useCommand({
    run: () =>
      apiClient.post<{ received: number }>(path.replace(/^\/api\/v1/u, ""), testAlert(new Date())),
    refresh: [["alert-receivers"], ["alerts"]],
    inline: true,
  });
  return (
    <Dialog
      open
      keep
      wide
      onOpenChange={(open) => !open && onClose()}
      title={`${name} may send alerts`}
      description="The address is its secret. It is shown only now: what is kept of it is a hash."
      foot={
        <>
          <Button busy={send.isPending} onClick={() => send.mutate(undefined)}>
            Send a test alert
          </Button>
          <Button kind="primary" onClick={onClose}>
            I have copied it
          </Button>
        </>
      }
    >
      <div className="flex min-w-0 flex-col gap-4">
        {send.isSuccess && (
          <Notice tone="positive" title="A test alert arrived.">
            It was sent as resolved, so no guard reads it as harm.
          </Notice>
        )}
        {send.isError && <ErrorState inline error={send.error} />}
        <CodeBlock label="Address" code={url} />
        <CodeBlock label="For alertmanager.yml" code={alertmanagerYaml(name, url)} />
        <CodeBlock label="To try it from there" code={testCommand(url, now)} />
      </div>
    </Dialog>
  );
}
