import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";

const REPOSITORY = join(import.meta.dirname, "..", "..");
const MAIN = join(REPOSITORY, "apps", "server", "main.ts");

/** A whole server as a process of its own, which tests may kill. */
export interface ServerChild {
  readonly url: string;
  readonly firstRunUrl: string | null;
  /** SIGKILL to the server process alone: its PostgreSQL goes on. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code once it has stopped everything. */
  stop(): Promise<number | null>;
}

/** Below those that a system gives to outgoing connections, which would take it while its server is away. */
const FREE_PORTS = [10_240, 32_000] as const;

/** A port that is free, and that nobody is given by chance while its server is killed and started again. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(...FREE_PORTS);
    const probe = createServer().listen(port, "127.0.0.1");
    const isFree = await once(probe, "listening").then(
      () => true,
      () => false,
    );
    probe.close();
    if (isFree) return port;
  }
}

/** Servers of several tests run at once: none takes a port that is not its own. */
const NO_FURTHER_PORTS = {
  PACELINE_OTLP_PORT: "",
  PACELINE_FLAGD_EVALUATION_PORT: "",
  PACELINE_FLAGD_SYNC_PORT: "",
};

/** Starts a server and waits until it is ready. */
export async function startServerChild(
  dataDir: string,
  port: number,
  options: {
    readonly sample?: boolean;
    /** Further settings, such as an outside PostgreSQL. */
    readonly env?: Readonly<Record<string, string>>;
  } = {},
): Promise<ServerChild> {
  const sample = options.sample === true ? "1" : "0";
  const args = ["--port", String(port), "--data-dir", dataDir, "--sample", sample, "--json"];
  const child: ChildProcess = spawn(process.execPath, [MAIN, ...args], {
    cwd: REPOSITORY,
    env: { ...process.env, ...NO_FURTHER_PORTS, DATABASE_URL: "", ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let errors = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const exited = once(child, "exit");
  const ready = await new Promise<{ url: string; firstRunUrl: string | null }>(
    (resolve, reject) => {
      void exited.then(([code]) => reject(new Error(`the server ended with ${code}: ${errors}`)));
      if (child.stdout !== null)
        createInterface({ input: child.stdout }).once("line", (line) => resolve(JSON.parse(line)));
    },
  );
  return {
    ...ready,
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
    async stop() {
      child.kill("SIGTERM");
      const [code] = await exited;
      return typeof code === "number" ? code : null;
    },
  };
}

/** Becomes the owner through the one-time link and makes an admin key. */
export async function makeAdminKey(server: ServerChild): Promise<string> {
  const post = async (path: string, body: object, cookie = ""): Promise<Response> => {
    const answer = await fetch(new URL(path, server.url), {
      method: "POST",
      headers: { "content-type": "application/json", cookie },
      body: JSON.stringify(body),
    });
    if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  const owner = await post("/api/v1/first-run", {
    token: server.firstRunUrl?.split("#")[1] ?? "",
    workspaceName: "Acme Growth",
    name: "Mara Lind",
    email: "mara@acme.example",
    password: "seven quiet harbour lanterns",
  });
  const cookie = owner.headers.getSetCookie()[0]?.split(";")[0] ?? "";
  const made = await post("/api/v1/keys", { name: "drill", scopes: ["admin"] }, cookie);
  const { secret } = (await made.json()) as { secret: string };
  return secret;
}

/** The process number of the embedded PostgreSQL of a data directory. */
export async function postgresPid(dataDir: string): Promise<number> {
  const text = await readFile(join(dataDir, "postgres", "cluster", "postmaster.pid"), "utf8");
  return Number(text.split("\n")[0]);
}

/** Whether a process runs; one that has ended and was not reaped yet does not. */
export async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  return stat !== null && !/\) Z /.test(stat);
}
