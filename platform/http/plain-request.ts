/** An answer to a request that came plainly. */
export interface PlainAnswer {
  readonly status: number;
  /** The route that it is counted under. */
  readonly route: string;
  /** Names and values in turn, besides those that every answer has; never a text of the caller. */
  readonly headers: readonly string[];
  readonly body: string;
  /** Bytes of the body in UTF-8, where they are known already. */
  readonly bodyBytes?: number | undefined;
  /** Where the body names it; otherwise the answer gets a new one. */
  readonly requestId?: string | undefined;
}

/** A request that came plainly, as its reader sees it. */
export interface PlainRequest {
  /** The same object for every request of a connection. */
  readonly connection: object;
  text(): string;
  /**
   * The bytes of the body, which nobody keeps any more: the request must be answered. So a body is
   * gone while its answer has to be waited for.
   */
  take(): Buffer;
}

/**
 * Answers the requests that come below one head, on one connection. Null, at once or later, leaves one
 * to the routes; nothing was done for it then. It never throws, and its promises never fail.
 */
export type PlainReader = (
  request: PlainRequest,
) => PlainAnswer | Promise<PlainAnswer | null> | null;

/** A head that was read once, and who answers what follows it. */
export interface KnownHead {
  readonly length: number;
  readonly answer: PlainReader;
}

/** The bytes of a request, until its reader takes them. */
export class HeldRequest implements PlainRequest {
  readonly connection: object;
  readonly startedAtMs = performance.now();
  readonly #bodyAt: number;
  #bytes: Buffer | null;

  constructor(connection: object, bytes: Buffer, bodyAt: number) {
    this.connection = connection;
    this.#bytes = bytes;
    this.#bodyAt = bodyAt;
  }

  text(): string {
    return this.#bytes?.toString("utf8", this.#bodyAt) ?? "";
  }

  take(): Buffer {
    const body = this.#bytes?.subarray(this.#bodyAt) ?? Buffer.alloc(0);
    this.#bytes = null;
    return body;
  }

  /** Head and body, or nothing once they were taken. */
  get bytes(): readonly Buffer[] {
    return this.#bytes === null ? [] : [this.#bytes];
  }
}
