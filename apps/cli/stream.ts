import { EXIT, Failure } from "./outcome.ts";
import { refusalText } from "./remote.ts";
import type { Remote } from "./remote.ts";

interface StreamRequest {
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: ReadableStream<Uint8Array> | string;
}

/** The server could not be reached, or was lost on the way. */
export class Unreachable extends Failure {}

/**
 * Opens an answer that may be long or never end, so nothing ends it by the clock.
 *
 * @throws Failure with the problem's detail when the server refuses
 */
export async function openStream(
  { url, key }: Remote,
  path: string,
  request: StreamRequest = {},
): Promise<Response> {
  if (key === null || key === undefined)
    throw new Failure(
      "This needs an API key: --key or PACELINE_KEY. `paceline key create` makes one.",
      EXIT.usage,
    );
  const { method = "GET", headers = {}, body } = request;
  let response: Response;
  try {
    response = await fetch(new URL(path, url), {
      method,
      headers: { authorization: `Bearer ${key}`, ...headers },
      redirect: "error",
      ...(body === undefined ? {} : { body, duplex: "half" }),
    });
  } catch (error) {
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new Unreachable(`${url} does not answer (${cause}). Is the server running?`);
  }
  if (response.ok) return response;
  const answer: unknown = await response.json().catch(() => null);
  throw new Failure(refusalText(response.status, answer), EXIT.failed, answer);
}

/** One message of a stream of server-sent events. */
export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** Reads server-sent events; ends when the stream does. */
export async function* serverEvents(response: Response): AsyncGenerator<ServerEvent> {
  let rest = "";
  if (response.body === null) return;
  for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
    const messages = (rest + piece).split("\n\n");
    rest = messages.pop() ?? "";
    for (const message of messages) {
      const field = (name: string): string =>
        new RegExp(`^${name}: ?(.*)$`, "mu").exec(message)?.[1] ?? "";
      const data = field("data");
      if (data !== "") yield { event: field("event"), data };
    }
  }
}
