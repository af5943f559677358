import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { availableParallelism } from "node:os";
import { promisify } from "node:util";

import type { Result } from "@paceline/result";
import { err, ok } from "@paceline/result";

/** OWASP's minimum for argon2id: 19 MiB, two passes, one lane. */
const MEMORY_KIB = 19_456;
const PASSES = 2;
const LANES = 1;
const TAG_BYTES = 32;
const SALT_BYTES = 16;

/** Bounds of what a stored hash may ask for, so that a damaged row cannot exhaust memory. */
const MAX_MEMORY_KIB = 2 ** 18;
const MAX_PASSES = 16;

/** Requests that may wait for their turn; beyond it the server says that it is busy. */
const WAITING = 64;

const PHC =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

export type HashingError = { readonly kind: "hashing-busy" };

/** Hashes in the thread pool, a few at a time: each takes 19 MiB and some 50 ms of a core. */
export type PasswordHashing = {
  /** @returns the PHC string format, `$argon2id$v=19$m=…` */
  hash(password: string): Promise<Result<string, HashingError>>;
  /**
   * @param stored  null when there is no such person or no password: the same work is done, so that the
   *   time of the answer does not tell which addresses exist
   */
  verify(password: string, stored: string | null): Promise<Result<boolean, HashingError>>;
};

type Parameters = {
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
  readonly salt: Buffer;
  readonly tagBytes: number;
};

const derive = promisify(argon2);

function deriveTag(password: string, parameters: Parameters): Promise<Buffer> {
  return derive("argon2id", {
    message: password,
    nonce: parameters.salt,
    memory: parameters.memoryKib,
    passes: parameters.passes,
    parallelism: parameters.lanes,
    tagLength: parameters.tagBytes,
  });
}

function freshParameters(): Parameters {
  return {
    memoryKib: MEMORY_KIB,
    passes: PASSES,
    lanes: LANES,
    salt: randomBytes(SALT_BYTES),
    tagBytes: TAG_BYTES,
  };
}

const base64 = (bytes: Buffer): string => bytes.toString("base64").replaceAll("=", "");

function encode(parameters: Parameters, tag: Buffer): string {
  const { memoryKib, passes, lanes, salt } = parameters;
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${lanes}$${base64(salt)}$${base64(tag)}`;
}

function decode(stored: string): { parameters: Parameters; tag: Buffer } {
  const [, memory, passes, lanes, salt = "", tag = ""] = PHC.exec(stored) ?? [];
  const bytes = Buffer.from(tag, "base64");
  const parameters = {
    memoryKib: Number(memory),
    passes: Number(passes),
    lanes: Number(lanes),
    salt: Buffer.from(salt, "base64"),
    tagBytes: bytes.length,
  };
  if (!(parameters.memoryKib <= MAX_MEMORY_KIB && parameters.passes <= MAX_PASSES))
    throw new Error("a stored password hash is damaged");
  return { parameters, tag: bytes };
}

/**
 * @param concurrent  hashes computed at once; by default half of the cores, so that others get some
 * @param waiting     callers that may queue for a turn
 */
export function createPasswordHashing(
  concurrent: number = Math.max(1, Math.floor(availableParallelism() / 2)),
  waiting: number = WAITING,
): PasswordHashing {
  let running = 0;
  const queue: (() => void)[] = [];

  async function inTurn<T>(work: () => Promise<T>): Promise<Result<T, HashingError>> {
    if (running < concurrent) running += 1;
    else if (queue.length >= waiting) return err({ kind: "hashing-busy" });
    else await new Promise<void>((resolve) => queue.push(resolve));
    try {
      return ok(await work());
    } finally {
      const next = queue.shift();
      if (next === undefined) running -= 1;
      else next(); // the turn is handed on, `running` stays
    }
  }

  return {
    hash: (password) =>
      inTurn(async () => {
        const parameters = freshParameters();
        return encode(parameters, await deriveTag(password, parameters));
      }),
    verify: (password, stored) =>
      inTurn(async () => {
        if (stored === null) {
          await deriveTag(password, freshParameters());
          return false;
        }
        const { parameters, tag } = decode(stored);
        return timingSafeEqual(await deriveTag(password, parameters), tag);
      }),
  };
}
