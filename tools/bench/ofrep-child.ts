/** The servers that `bench:ofrep` compares, each in a process of its own. */
import "@paceline/server/garbage-collection";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { becomeOwner, makeKey, startTestServer } from "@paceline/server/test-server";

const FLAGS = 50;
const CALLERS = 4;

function tell(message: object): void {
  process.send?.(message);
}

/** Reads each body and answers a constant: what no server over `node:http` can do without. */
async function bare(size: number): Promise<string> {
  const body = "x".repeat(size);
  const headers = {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(body),
  };
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => {
      response.writeHead(200, headers);
      response.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address: AddressInfo | string | null = server.address();
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
}

/**
 * What a flag of the benchmark does, by its number. Of ten, one looks at the context, then ramps up and
 * splits (it is the one that is asked for alone), three ramp up, three look at the context, and three
 * are on or off.
 */
function rulesOf(index: number, first: string, second: string): readonly object[] {
  const targeted = {
    id: "pro",
    when: { attribute: "plan", operator: "equals", value: "pro" },
    serve: { variant: first },
  };
  const ramp = { id: "ramp", exposureShare: 0.5, serve: { variant: first } };
  const split = [
    { variant: first, share: 0.5 },
    { variant: second, share: 0.5 },
  ];
  const place = index % 10;
  if (place === 1) return [targeted, { id: "split", exposureShare: 0.5, serve: { split } }];
  if (place < 4) return [ramp];
  return place < 7 ? [targeted] : [];
}

/** The whole product, with 50 flags in production. */
async function paceline(): Promise<{ readonly url: string; readonly keys: readonly string[] }> {
  const server = await startTestServer();
  const cookie = await becomeOwner(server);
  const call = async (method: "POST" | "PUT", url: string, payload: object): Promise<void> => {
    const answer = await server.app.inject({ method, url, headers: { cookie }, payload });
    if (answer.statusCode >= 300) throw new Error(answer.body);
  };
  for (let index = 0; index < FLAGS; index += 1) {
    const key = `flag-${index}`;
    await call("POST", "/api/v1/flags", {
      key,
      type: index % 2 === 0 ? "boolean" : "string",
      variants: index % 2 === 0 ? { on: true, off: false } : { old: "old", new: "new" },
    });
    const [first, second] = index % 2 === 0 ? ["on", "off"] : ["new", "old"];
    const at = `/api/v1/flags/${key}/environments/production`;
    const rules = rulesOf(index, first ?? "", second ?? "");
    await call("PUT", at, { defaultVariant: second, rules });
    await call("POST", `${at}/publish`, {});
  }
  const keys: string[] = [];
  for (let caller = 0; caller < CALLERS; caller += 1) {
    keys.push((await makeKey(server, cookie, "browser")).secret);
  }
  return { url: server.url, keys };
}

process.on("message", () => tell({ cpu: process.cpuUsage() }));
const [role, size = "0"] = process.argv.slice(2);
if (role === "bare") tell({ url: await bare(Number(size)), keys: [] });
else tell(await paceline());
