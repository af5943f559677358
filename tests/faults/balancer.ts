import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";

const HOST = "127.0.0.1";

/**
 * One address before several servers, as a load balancer: each connection goes to the first server that
 * takes it. While it is cut off, nobody gets through.
 */
export class Balancer {
  readonly #server: Server;
  readonly #ports: readonly number[];
  readonly #open = new Set<Socket>();
  #isCutOff = false;

  private constructor(server: Server, ports: readonly number[]) {
    this.#server = server;
    this.#ports = ports;
  }

  /** @param ports  of the servers, that which is wanted first */
  static async listen(ports: readonly number[]): Promise<Balancer> {
    const server = createServer();
    const balancer = new Balancer(server, ports);
    server.on("connection", (client) => balancer.#take(client));
    server.listen(0, HOST);
    await once(server, "listening");
    return balancer;
  }

  get port(): number {
    const { port } = this.#server.address() as AddressInfo;
    return port;
  }

  /** Breaks every connection, and lets nobody in until it is joined again. */
  cutOff(): void {
    this.#isCutOff = true;
    for (const socket of this.#open) socket.destroy();
  }

  join(): void {
    this.#isCutOff = false;
  }

  async close(): Promise<void> {
    this.cutOff();
    this.#server.close();
    await once(this.#server, "close");
  }

  #take(client: Socket): void {
    client.on("error", () => undefined);
    if (this.#isCutOff) client.destroy();
    else this.#forward(client, this.#ports);
  }

  #forward(client: Socket, [port, ...others]: readonly number[]): void {
    if (port === undefined) {
      client.destroy();
      return;
    }
    const server = connect(port, HOST);
    server.once("error", () => this.#forward(client, others));
    server.once("connect", () => {
      server.removeAllListeners("error");
      this.#join(client, server);
    });
  }

  #join(client: Socket, server: Socket): void {
    for (const [one, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#open.add(one);
      one.on("error", () => undefined);
      one.once("close", () => {
        this.#open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
    if (this.#isCutOff || client.destroyed) {
      client.destroy();
      server.destroy();
    }
  }
}
