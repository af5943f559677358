import { parentPort, workerData } from "node:worker_threads";

import { DuckDbEngine } from "./duckdb-engine.ts";
import type { EngineOptions } from "./duckdb-engine.ts";
import type { EngineCalls, EngineCall, EngineReply, EngineRequest } from "./engine-protocol.ts";

const port = parentPort;
if (port === null) throw new Error("the engine runs in a worker thread only");

const options: EngineOptions = workerData;
const opening = DuckDbEngine.open(options);
// Answered with every request; without this the thread would die before the first one.
opening.catch(() => undefined);

port.on("message", (request: EngineRequest) => {
  void answer(request).then((reply) => port.postMessage(reply));
});

async function answer(request: EngineRequest): Promise<EngineReply> {
  try {
    const engine = await opening;
    return { id: request.id, ok: true, answer: await perform(engine, request) };
  } catch (cause) {
    return {
      id: request.id,
      ok: false,
      message: cause instanceof Error ? cause.message : String(cause),
    };
  }
}

async function perform(
  engine: DuckDbEngine,
  request: EngineRequest,
): Promise<EngineCalls[EngineCall]["answer"]> {
  switch (request.call) {
    case "query":
      return engine.query(request.argument);
    case "exportTo": {
      const { query, format, path } = request.argument;
      return engine.exportTo(query, format, path);
    }
    case "load":
      await engine.load(request.argument);
      return null;
    case "maintain":
      return engine.compactOnce();
    case "erase":
      return engine.erase(request.argument);
    case "identify":
      return engine.identify(request.argument);
    case "retain":
      return engine.retain(request.argument);
    case "forget":
      return engine.forget(request.argument.workspace, request.argument.environment);
    case "messageIds":
      return engine.messageIds(request.argument.storedSince, request.argument.part);
    case "stretches":
      return engine.stretches();
    case "stats":
      return engine.stats();
    case "close":
      await engine.close();
      return null;
  }
}
