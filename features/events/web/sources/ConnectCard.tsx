import type { CreateKey, KeyView } from "@paceline/access/api";
import {
  Button,
  Card,
  CodeBlock,
  CopyButton,
  ErrorState,
  LinkButton,
  Notice,
  Select,
  TextField,
  apiClient,
  formatDuration,
  useCommand,
  useMay,
} from "@paceline/web-kit";
import { useEffect, useState } from "react";

import type { LiveBatch, LiveEventView } from "../../api.ts";
import { eventsPage } from "../pages.ts";
import { nameOf } from "../words.ts";
import { clients, snippetFor } from "./snippets.ts";

const placeholder = "YOUR_INTAKE_KEY";

/** The first event that arrives with a key while the component is shown. */
function useFirstEvent(
  environment: string,
  sourceId: string | undefined,
): LiveEventView | undefined {
  const [first, setFirst] = useState<LiveEventView>();
  useEffect(() => {
    const query = new URLSearchParams({
      environment,
      ...(sourceId === undefined ? {} : { source: sourceId }),
    });
    const stream = new EventSource(`/api/v1/events/live?${query.toString()}`);
    stream.addEventListener("events", (event: MessageEvent<string>) => {
      const batch: LiveBatch = JSON.parse(event.data);
      setFirst((known) => known ?? batch.items[0]);
    });
    return () => stream.close();
  }, [environment, sourceId]);
  return first;
}

/** From nothing to the first event: a client, a fresh key, code to copy, and the wait for it. */
export function ConnectCard(props: {
  environment: string;
  client: string;
  onClient: (client: string) => void;
  onClose: () => void;
}) {
  const { environment, onClient, onClose } = props;
  const client = clients.find(({ value }) => value === props.client)?.value ?? "segment-node";
  const [made, setMade] = useState<{ id: string; secret: string }>();
  const snippet = snippetFor(client, globalThis.location.origin, made?.secret ?? placeholder);
  return (
    <Card
      title="Connect a client"
      note={`to ${environment}`}
      actions={
        <Button small kind="quiet" onClick={onClose}>
          Close
        </Button>
      }
    >
      <div className="flex flex-col gap-5">
        <div className="grid gap-4 md:grid-cols-2">
          <Select label="Client" options={clients} value={client} onChange={onClient} />
          <KeyStep environment={environment} client={client} made={made} onMade={setMade} />
        </div>
        {snippet.install !== null && (
          <CodeBlock label="Install" language="bash" code={snippet.install} />
        )}
        <CodeBlock label="Send an event" language={snippet.language} code={snippet.code} />
        <p className="text-small text-fg3">{snippet.note}</p>
        <Arrival key={made?.id ?? "any"} environment={environment} sourceId={made?.id} />
      </div>
    </Card>
  );
}

function KeyStep(props: {
  environment: string;
  client: string;
  made: { id: string; secret: string } | undefined;
  onMade: (made: { id: string; secret: string }) => void;
}) {
  const { environment, client, made, onMade } = props;
  const mayEdit = useMay("key.edit");
  const [name, setName] = useState("");
  const create = useCommand({
    run: (input: CreateKey) => apiClient.post<{ key: KeyView; secret: string }>("/keys", input),
    refresh: [["keys"], ["events", "sources"]],
    inline: true,
    onDone: ({ key, secret }) => onMade({ id: key.id, secret }),
  });
  if (made !== undefined)
    return (
      <div className="flex flex-col gap-1.5">
        <span className="font-medium">Key</span>
        <div className="flex min-w-0 items-center gap-2">
          <code className="truncate font-mono text-small" title={made.secret}>
            {made.secret}
          </code>
          <CopyButton text={made.secret} label="Copy key" />
        </div>
        <p className="text-small text-fg3">Only its hash is kept, so it is shown this once.</p>
      </div>
    );
  if (!mayEdit)
    return (
      <Notice title="A key is needed.">
        Ask an owner or an engineer for one; put it where the code says {placeholder}.
      </Notice>
    );
  return (
    <form
      className="flex flex-col gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        create.mutate({
          name: name.trim() === "" ? client : name,
          scopes: ["intake"],
          environment,
        });
      }}
    >
      <div className="flex items-end gap-2">
        <div className="min-w-0 flex-1">
          <TextField
            label="Name of the source"
            placeholder={client}
            value={name}
            onChange={setName}
          />
        </div>
        <Button type="submit" kind="primary" busy={create.isPending}>
          Create key
        </Button>
      </div>
      {create.isError && <ErrorState inline error={create.error} />}
    </form>
  );
}

/** Waits, then turns green. Polite, so that a screen reader hears of it. */
function Arrival(props: { environment: string; sourceId: string | undefined }) {
  const { environment, sourceId } = props;
  const first = useFirstEvent(environment, sourceId);
  return (
    <output aria-live="polite" className="block">
      {first === undefined ? (
        <Notice tone="accent" title="Waiting for the first event.">
          It shows here within a second of its arrival.
        </Notice>
      ) : (
        <Notice
          tone={first.fault === null ? "positive" : "caution"}
          title={first.fault === null ? "Connected." : "It arrived, but it is a bad event."}
          action={
            <LinkButton small to={eventsPage.href({}, { environment, source: first.source })}>
              Watch live
            </LinkButton>
          }
        >
          {first.fault === null
            ? `${nameOf(first)} of ${first.unit} arrived ${formatDuration(
                Math.max(0, Date.parse(first.receivedAt) - Date.parse(first.timestamp ?? first.at)),
              )} after it happened.`
            : first.fault.reason}
        </Notice>
      )}
    </output>
  );
}
