import { status } from "@grpc/grpc-js";
import type {
  handleServerStreamingCall,
  handleUnaryCall,
  sendUnaryData,
  ServerUnaryCall,
  ServerWritableStream,
  ServiceDefinition,
} from "@grpc/grpc-js";
import type { Result } from "@paceline/result";

import type { Refusal } from "./access.ts";
import type { Service } from "./messages.ts";
import { decode } from "./protobuf.ts";
import type { Message } from "./protobuf.ts";

/** A call with its request; answers are given as bytes, so that one for many readers is made once. */
export type Unary = ServerUnaryCall<Message, Buffer>;
export type Streaming = ServerWritableStream<Message, Buffer>;

export type UnaryHandler = (call: Unary) => Promise<Result<Buffer, Refusal>>;
/** Resolves to a refusal, or to null when the stream is open. */
export type StreamHandler = (call: Streaming) => Promise<Refusal | null>;

const same = (bytes: Buffer): Buffer => bytes;

/** A service as grpc-js has it: requests are read, answers come as bytes. */
export function definitionOf({ name, calls }: Service): ServiceDefinition {
  return Object.fromEntries(
    calls.map((call) => [
      call.name,
      {
        path: `/${name}/${call.name}`,
        requestStream: false,
        responseStream: call.streams,
        requestSerialize: same,
        requestDeserialize: (bytes: Buffer) => decode(call.request, bytes),
        responseSerialize: same,
        responseDeserialize: same,
      },
    ]),
  );
}

const BROKEN: Refusal = {
  code: status.UNAVAILABLE,
  details: "something broke on our side; try again in a moment",
};

/** A call that is answered once; what is thrown is told to `onError` and not to the caller. */
export function unary(
  handler: UnaryHandler,
  onError: (error: unknown) => void,
): handleUnaryCall<Message, Buffer> {
  return (call: Unary, answer: sendUnaryData<Buffer>) => {
    handler(call).then(
      (result) => {
        if (result.ok) answer(null, result.value);
        else answer(result.error);
      },
      (error: unknown) => {
        onError(error);
        answer(BROKEN);
      },
    );
  };
}

function refuse(call: Streaming, { code, details }: Refusal): void {
  call.emit("error", { code, details });
}

/** A call that is answered by a stream, which the handler ends or the client. */
export function streaming(
  handler: StreamHandler,
  onError: (error: unknown) => void,
): handleServerStreamingCall<Message, Buffer> {
  return (call: Streaming) => {
    handler(call).then(
      (refusal) => {
        if (refusal !== null) refuse(call, refusal);
      },
      (error: unknown) => {
        onError(error);
        refuse(call, BROKEN);
      },
    );
  };
}
