/** One server-sent event with its JSON. */
export interface StreamEvent {
  readonly id: string;
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** An open delta stream, read one event at a time. */
export interface TestStream {
  /** @throws if the stream ends first */
  next(): Promise<StreamEvent>;
  /** Resolves when the server ends the stream. */
  readonly ended: Promise<void>;
  close(): void;
}

function parse(block: string): StreamEvent | null {
  const fields = new Map(
    block.split("\n").map((line) => {
      const at = line.indexOf(": ");
      return [line.slice(0, at), line.slice(at + 2)];
    }),
  );
  const data = fields.get("data");
  if (data === undefined) return null;
  return { id: fields.get("id") ?? "", event: fields.get("event") ?? "", data: JSON.parse(data) };
}

interface Options {
  readonly key: string;
  readonly context?: object;
  readonly lastEventId?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

function request(baseUrl: string, options: Options, signal: AbortSignal): Promise<Response> {
  const { key, context, lastEventId, headers = {} } = options;
  return fetch(`${baseUrl}/flags/v1/stream?client=test&version=1.2.3`, {
    method: context === undefined ? "GET" : "POST",
    signal,
    headers: {
      ...headers,
      "x-api-key": key,
      ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
      ...(context === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(context === undefined ? {} : { body: JSON.stringify({ context }) }),
  });
}

/** Opens the stream of a server key, or with a context that of a page. */
export async function openTestStream(baseUrl: string, options: Options): Promise<TestStream> {
  const abort = new AbortController();
  const answer = await request(baseUrl, options, abort.signal);
  if (answer.status !== 200 || answer.body === null) {
    throw new Error(`${answer.status} ${await answer.text()}`);
  }
  const waiting: PromiseWithResolvers<StreamEvent>[] = [];
  const events: StreamEvent[] = [];
  const ended = Promise.withResolvers<void>();
  async function read(body: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let text = "";
    try {
      for await (const chunk of body) {
        text += decoder.decode(chunk, { stream: true });
        for (let at = text.indexOf("\n\n"); at >= 0; at = text.indexOf("\n\n")) {
          const event = parse(text.slice(0, at));
          text = text.slice(at + 2);
          if (event === null) continue;
          const first = waiting.shift();
          if (first === undefined) events.push(event);
          else first.resolve(event);
        }
      }
    } catch {
      // Closed by this side.
    }
    ended.resolve();
    for (const one of waiting) one.reject(new Error("the stream has ended"));
  }
  void read(answer.body);
  return {
    next() {
      const ready = events.shift();
      if (ready !== undefined) return Promise.resolve(ready);
      const one = Promise.withResolvers<StreamEvent>();
      waiting.push(one);
      return one.promise;
    },
    ended: ended.promise,
    close: () => abort.abort(),
  };
}
