import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { ok } from "@paceline/result";

import type { PublishedSet } from "../../domain/index.ts";
import { documentOf } from "../flag-document.ts";
import { admit } from "./access.ts";
import type { GrpcDependencies } from "./dependencies.ts";
import { FETCH_RESPONSE, METADATA_RESPONSE, SYNC_RESPONSE } from "./messages.ts";
import { encode } from "./protobuf.ts";
import type { Message } from "./protobuf.ts";
import { streaming, unary } from "./service.ts";
import type { Streaming, Unary } from "./service.ts";
import { createStreams } from "./streams.ts";
import type { Streams } from "./streams.ts";

/** The service, and its open streams. */
export interface SyncService {
  readonly implementation: UntypedServiceImplementation;
  readonly streams: Streams;
}

function selectorOf(request: Message): string {
  const { selector } = request;
  return typeof selector === "string" ? selector : "";
}

/** `flagd.sync.v1`: whole flag sets, for providers that evaluate by themselves and for flagd itself. */
export function createSyncService(deps: GrpcDependencies): SyncService {
  const context = deps.staticContext ?? {};
  const messages = new WeakMap<PublishedSet, Buffer>();
  const messageOf = (set: PublishedSet): Buffer => {
    const known = messages.get(set);
    if (known !== undefined) return known;
    const made = encode(SYNC_RESPONSE, {
      flag_configuration: documentOf(set).text,
      sync_context: context,
    });
    messages.set(set, made);
    return made;
  };
  const streams = createStreams(deps, "flagd-sync", ({ set }) => messageOf(set));
  const admitted = (call: Unary | Streaming) =>
    admit(call, "evaluate", selectorOf(call.request), deps);

  const implementation: UntypedServiceImplementation = {
    SyncFlags: streaming((call) => streams.open(call, () => admitted(call)), deps.onError),
    FetchAllFlags: unary(async (call) => {
      const caller = await admitted(call);
      if (!caller.ok) return caller;
      const { workspaceId, environment } = caller.value;
      const set = await deps.flagSets.catchUp(workspaceId, environment, null);
      return ok(encode(FETCH_RESPONSE, { flag_configuration: documentOf(set).text }));
    }, deps.onError),
    GetMetadata: unary(async (call) => {
      const caller = await admitted(call);
      if (!caller.ok) return caller;
      return ok(encode(METADATA_RESPONSE, { metadata: context }));
    }, deps.onError),
  };
  return { implementation, streams };
}
