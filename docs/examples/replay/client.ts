import { randomUUID } from "node:crypto";
import { Agent, request } from "node:http";
import type { IncomingHttpHeaders } from "node:http";

const SOCKETS = 32;
const RETRY_FOR_MS = 60_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;
const MAY_RETRY = new Set([429, 502, 503]);

/** How a request authenticates. */
export type Credential =
  | { readonly bearer: string }
  | { readonly cookie: string }
  | { readonly writeKey: string }
  | null;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** A refusal by the server, with its problem details. */
export class Refused extends Error {
  readonly answer: Answer;
  constructor(what: string, answer: Answer) {
    super(`${what} was answered with ${answer.status}: ${JSON.stringify(answer.body)}`);
    this.answer = answer;
  }
}

function credentialHeaders(credential: Credential): Record<string, string> {
  if (credential === null) return {};
  if ("bearer" in credential) return { authorization: `Bearer ${credential.bearer}` };
  if ("cookie" in credential) return { cookie: credential.cookie };
  return { authorization: `Basic ${Buffer.from(`${credential.writeKey}:`).toString("base64")}` };
}

/**
 * A small HTTP client that keeps its connections. What is safe to repeat (reads, and writes under an
 * idempotency key) is repeated for up to a minute while the server restarts or asks to slow down.
 */
export class Client {
  readonly #base: URL;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: SOCKETS });

  constructor(base: string) {
    this.#base = new URL(base);
  }

  close(): void {
    this.#agent.destroy();
  }

  /**
   * @param isCommand  sends an idempotency key, so that a repetition acts once
   * @throws Refused for any answer of 400 and above that does not pass
   */
  async call(
    method: string,
    path: string,
    credential: Credential,
    body?: unknown,
    isCommand: boolean = method === "POST",
  ): Promise<Answer> {
    const text = body === undefined ? null : JSON.stringify(body);
    const once = {
      ...credentialHeaders(credential),
      ...(isCommand ? { "idempotency-key": randomUUID() } : {}),
      ...(text === null
        ? {}
        : {
            "content-type": "application/json",
            "content-length": String(Buffer.byteLength(text)),
          }),
    };
    const deadline = performance.now() + RETRY_FOR_MS;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      const answer = await this.#send(method, path, once, text).catch((error: unknown) => {
        if (performance.now() > deadline) throw error;
        return null;
      });
      if (answer !== null && answer.status < 400) return answer;
      const again = answer === null || MAY_RETRY.has(answer.status) || isStillRunning(answer);
      if (!again || performance.now() > deadline) {
        throw new Refused(
          `${method} ${path}`,
          answer ?? { status: 0, headers: {}, body: "no answer" },
        );
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  #send(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    text: string | null,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const { hostname, port } = this.#base;
      const sent = request(
        { hostname, port, path, method, headers, agent: this.#agent },
        (response) => {
          let received = "";
          response.setEncoding("utf8");
          response.on("data", (chunk: string) => {
            received += chunk;
          });
          response.on("error", reject);
          response.on("end", () => {
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: parsed(received),
            });
          });
        },
      );
      sent.on("error", reject);
      sent.end(text ?? undefined);
    });
  }
}

function isStillRunning({ status, body }: Answer): boolean {
  return status === 409 && JSON.stringify(body).includes("/still-running");
}

function parsed(text: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Runs `work` for every item, at most `width` at a time. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: width }, async () => {
      for (let index = next++; index < items.length; index = next++) {
        const item = items[index];
        if (item !== undefined) await work(item);
      }
    }),
  );
}
