import { EventEmitter } from "node:events";
import { Worker } from "node:worker_threads";

import type { EventQuery, ExportFormat, ExportQuery } from "../../domain/index.ts";
import type { SealedLog } from "../log/recovery.ts";
import type { Stretch } from "../log/segment-name.ts";
import type {
  EngineStats,
  EraseOutcome,
  EraseRequest,
  IdentifyRequest,
  QueryAnswer,
  RetainedMonth,
  RetainRequest,
  SourceMessages,
} from "./answers.ts";
import type { EngineOptions } from "./duckdb-engine.ts";
import type { EngineCall, EngineCalls, EngineReply } from "./engine-protocol.ts";
import type { Engine } from "./engine.ts";

/**
 * The DuckDB engine as the other threads see it. A thread that dies is started again by the next call; it
 * reads its state from the folder, so nothing depends on the one before.
 */
export class EngineClient implements Engine {
  readonly #options: EngineOptions;
  readonly #replies = new EventEmitter();
  #worker: Worker | null = null;
  /** Then nothing starts a thread again: it would keep the process alive. */
  #isClosed = false;
  #lastId = 0;
  /** Ids of calls that the present thread has not answered. */
  readonly #open = new Set<number>();

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#replies.setMaxListeners(0);
  }

  /** @throws Error if the engine refuses the call or its thread dies */
  #call<K extends EngineCall>(
    call: K,
    argument: EngineCalls[K]["argument"],
  ): Promise<EngineCalls[K]["answer"]> {
    const worker = this.#thread();
    this.#lastId += 1;
    const id = this.#lastId;
    this.#open.add(id);
    return new Promise((resolve, reject) => {
      this.#replies.once(String(id), (reply: EngineReply<K>) => {
        this.#open.delete(id);
        if (reply.ok) resolve(reply.answer);
        else reject(new Error(`event engine: ${reply.message}`));
      });
      worker.postMessage({ id, call, argument });
    });
  }

  async query<Q extends EventQuery>(query: Q): Promise<QueryAnswer<Q["kind"]>>;
  async query(query: EventQuery): Promise<QueryAnswer<EventQuery["kind"]>> {
    return this.#call("query", query);
  }

  exportTo(query: ExportQuery, format: ExportFormat, path: string): Promise<number> {
    return this.#call("exportTo", { query, format, path });
  }

  async load(log: SealedLog): Promise<void> {
    await this.#call("load", log);
  }

  maintain(): Promise<boolean> {
    return this.#call("maintain", null);
  }

  forget(workspace: string, environment: string): Promise<number> {
    return this.#call("forget", { workspace, environment });
  }

  erase(request: EraseRequest): Promise<EraseOutcome> {
    return this.#call("erase", request);
  }

  identify(request: IdentifyRequest): Promise<readonly string[]> {
    return this.#call("identify", request);
  }

  retain(request: RetainRequest): Promise<readonly RetainedMonth[]> {
    return this.#call("retain", request);
  }

  messageIds(storedSince: number, part: number): Promise<readonly SourceMessages[] | null> {
    return this.#call("messageIds", { storedSince, part });
  }

  stretches(): Promise<readonly Stretch[]> {
    return this.#call("stretches", null);
  }

  stats(): Promise<EngineStats> {
    return this.#call("stats", null);
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    const closing = worker === null ? null : this.#call("close", null);
    this.#isClosed = true;
    try {
      await closing;
    } finally {
      await worker?.terminate();
    }
  }

  #thread(): Worker {
    if (this.#isClosed) throw new Error("event engine: it is closed");
    if (this.#worker !== null) return this.#worker;
    const worker = new Worker(new URL("./engine-worker.ts", import.meta.url), {
      workerData: this.#options,
    });
    worker.on("message", (reply: EngineReply) => this.#replies.emit(String(reply.id), reply));
    const fail = (message: string): void => {
      if (this.#worker === worker) this.#worker = null;
      for (const id of this.#open) this.#replies.emit(String(id), { id, ok: false, message });
    };
    worker.on("error", (cause) => fail(String(cause)));
    worker.on("exit", () => fail("the engine's thread ended"));
    this.#worker = worker;
    return worker;
  }
}
