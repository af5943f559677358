import { headersOf, isRecord, JSON_HEADERS } from "@paceline/flag-eval/client";
import type { ClientIo, ClientPlace } from "@paceline/flag-eval/client";

/** What the server answered for one flag; `value` undefined means the default in the code. */
export interface ServerAnswer {
  readonly value: unknown;
  readonly variant: string | undefined;
  readonly reason: string | undefined;
  readonly errorCode: string | undefined;
  readonly errorMessage: string | undefined;
  readonly metadata: Readonly<Record<string, unknown>>;
}

const TIMEOUT_MS = 3_000;

function textIn(body: Readonly<Record<string, unknown>>, name: string): string | undefined {
  const value = body[name];
  return typeof value === "string" ? value : undefined;
}

/**
 * Asks the server for one flag by OFREP, for what only the server can evaluate.
 *
 * @throws what the network throws
 */
export async function evaluateOnServer(
  place: ClientPlace,
  io: ClientIo,
  key: string,
  context: Readonly<Record<string, unknown>>,
): Promise<ServerAnswer> {
  const response = await io.fetch(
    `${place.url}/ofrep/v1/evaluate/flags/${encodeURIComponent(key)}`,
    {
      method: "POST",
      headers: headersOf(place, JSON_HEADERS),
      body: JSON.stringify({ context }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    },
  );
  const body = await response.json();
  if (!isRecord(body)) throw new Error(`the server answered ${response.status}`);
  const metadata = body["metadata"];
  const errorCode = textIn(body, "errorCode");
  return {
    value: body["value"],
    variant: textIn(body, "variant"),
    reason: textIn(body, "reason"),
    errorCode: errorCode ?? (response.status === 200 ? undefined : "GENERAL"),
    errorMessage: textIn(body, "errorDetails"),
    metadata: isRecord(metadata) ? metadata : {},
  };
}
