import type { Socket } from "node:net";

import type { App } from "./app-type.ts";
import type { DirectRouting } from "./direct.ts";

/** What is still under way this long after the close began is cut off. */
const GRACE_MS = 5_000;

/**
 * Lets `app.close()` end as soon as the last request is answered. Node waits for every connection that
 * it does not count as idle, and it does not count those on which nothing was ever sent, such as the
 * ones that browsers open in advance: one of them would hold up the close for ever.
 *
 * @param direct  knows the connections that wait for an answer of which Node's server has not heard
 */
export function addDraining(
  app: App,
  direct: Pick<DirectRouting, "isBusy">,
  graceMs: number = GRACE_MS,
): void {
  /** Open connections and how many requests are under way on each. */
  const connections = new Map<Socket, number>();
  let isClosing = false;

  app.server.on("connection", (socket: Socket) => {
    connections.set(socket, 0);
    socket.once("close", () => connections.delete(socket));
  });
  app.server.on("request", ({ socket }, response) => {
    connections.set(socket, (connections.get(socket) ?? 0) + 1);
    response.once("close", () => {
      const left = (connections.get(socket) ?? 1) - 1;
      if (connections.has(socket)) connections.set(socket, left);
      if (isClosing && left === 0) socket.destroySoon();
    });
  });
  app.addHook("preClose", async () => {
    isClosing = true;
    for (const [socket, requests] of connections) {
      if (requests === 0 && !direct.isBusy(socket)) socket.destroySoon();
    }
    setTimeout(() => {
      for (const socket of connections.keys()) socket.destroy();
    }, graceMs).unref();
  });
}
