import { Client, credentials, Metadata } from "@grpc/grpc-js";
import type { ChannelCredentials, ClientReadableStream, ServiceError } from "@grpc/grpc-js";

import type { Service } from "./messages.ts";
import { decode, encode } from "./protobuf.ts";
import type { Message } from "./protobuf.ts";

/** A bare gRPC client of one of flagd's services, for tests. */
export interface TestClient {
  call(name: string, request: Message, headers?: Record<string, string>): Promise<Message>;
  stream(
    name: string,
    request: Message,
    headers?: Record<string, string>,
  ): ClientReadableStream<Message>;
  close(): void;
}

function metadataOf(headers: Record<string, string>): Metadata {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return metadata;
}

export function testClient(
  service: Service,
  address: string,
  channel: ChannelCredentials = credentials.createInsecure(),
): TestClient {
  const client = new Client(address, channel, { "grpc.max_receive_message_length": -1 });
  const partsOf = (name: string) => {
    const found = service.calls.find((call) => call.name === name);
    if (found === undefined) throw new Error(`no call ${name}`);
    return {
      path: `/${service.name}/${name}`,
      serialize: (message: Message) => encode(found.request, message),
      deserialize: (bytes: Buffer) => decode(found.response, bytes),
    };
  };
  return {
    call(name, request, headers = {}) {
      const { path, serialize, deserialize } = partsOf(name);
      return new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          path,
          serialize,
          deserialize,
          request,
          metadataOf(headers),
          (error: ServiceError | null, answer?: Message) => {
            if (error === null) resolve(answer ?? {});
            else reject(error);
          },
        );
      });
    },
    stream(name, request, headers = {}) {
      const { path, serialize, deserialize } = partsOf(name);
      return client.makeServerStreamRequest(
        path,
        serialize,
        deserialize,
        request,
        metadataOf(headers),
      );
    },
    close: () => client.close(),
  };
}

/** Takes the messages of a stream one by one. */
export async function take(
  stream: ClientReadableStream<Message>,
  count: number,
): Promise<Message[]> {
  const messages: Message[] = [];
  return new Promise((resolve, reject) => {
    const done = (): void => {
      stream.off("data", read);
      stream.off("error", reject);
      stream.pause();
      resolve(messages);
    };
    const read = (message: Message): void => {
      messages.push(message);
      if (messages.length === count) done();
    };
    stream.on("data", read);
    stream.once("error", reject);
    stream.resume();
  });
}
