import { createServer, connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";

import type { ServerChild } from "../faults/server-child.ts";

/** The API of a server, as its owner's admin key uses it. */
export interface Product {
  key(scopes: readonly string[], environment?: string): Promise<string>;
  /** Creates, drafts and publishes a flag; gives the revision. */
  publish(flagKey: string, flag: object, configuration: object): Promise<number>;
  get(path: string): Promise<Record<string, unknown>>;
  post(path: string, body: object): Promise<Record<string, unknown>>;
}

export function productOf(server: Pick<ServerChild, "url">, adminKey: string): Product {
  async function call(
    method: string,
    path: string,
    body?: object,
    accepted: readonly number[] = [200, 201, 202, 204],
  ): Promise<Record<string, unknown>> {
    const answer = await fetch(new URL(path, server.url), {
      method,
      headers: { authorization: `Bearer ${adminKey}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!accepted.includes(answer.status)) {
      throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    }
    return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
  }
  return {
    async key(scopes, environment = "production") {
      const body = { name: scopes.join(" "), scopes, environment };
      return String((await call("POST", "/api/v1/keys", body))["secret"]);
    },
    async publish(flagKey, flag, configuration) {
      await call("POST", "/api/v1/flags", { key: flagKey, ...flag }, [201, 409]);
      const at = `/api/v1/flags/${flagKey}/environments/production`;
      await call("PUT", at, configuration);
      return Number((await call("POST", `${at}/publish`, {}))["revision"]);
    },
    get: (path) => call("GET", path),
    post: (path, body) => call("POST", path, body),
  };
}

/** A wire to a server that can be cut without either side being told. */
export interface Wire {
  readonly url: string;
  cut(): void;
  mend(): void;
  close(): void;
}

export async function startWire(target: string): Promise<Wire> {
  const { hostname, port } = new URL(target);
  const pairs = new Set<readonly [Socket, Socket]>();
  const unanswered = new Set<Socket>();
  let isCut = false;
  const relay = createServer((near) => {
    if (isCut) {
      // Nobody answers: the connection waits as it does behind a broken router.
      unanswered.add(near.on("error", () => near.destroy()).pause());
      return;
    }
    const far = connect(Number(port), hostname);
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [from, to] of [pair, [far, near] as const]) {
      from.on("data", (chunk) => (isCut ? undefined : to.write(chunk)));
      from.on("error", () => to.destroy());
      from.on("close", () => {
        pairs.delete(pair);
        to.destroy();
      });
    }
  });
  const dropAll = (): void => {
    for (const [near] of pairs) near.destroy();
    for (const near of unanswered) near.destroy();
    unanswered.clear();
  };
  await new Promise<void>((resolve) => relay.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(relay.address() as AddressInfo).port}`,
    cut() {
      isCut = true;
    },
    mend() {
      isCut = false;
      dropAll();
    },
    close() {
      dropAll();
      relay.close();
    },
  };
}
