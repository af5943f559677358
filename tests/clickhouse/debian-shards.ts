import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const BINARY = "clickhouse-server";
const SHARDS = 2;

/** Two real servers on loopback, and a cluster over them that each knows as `pair`. */
export interface Shards {
  readonly urls: readonly string[];
  stop(): Promise<void>;
}

/** Why the servers cannot be started here; null if they can. */
export function missingServers(): string | null {
  const found = spawnSync("sh", ["-c", `command -v ${BINARY}`], { encoding: "utf8" });
  return found.status === 0
    ? null
    : `no ${BINARY} is installed here: \`apt-get install clickhouse-server\` on Debian brings one`;
}

async function freePorts(count: number): Promise<number[]> {
  const probes = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(probes.map((probe) => once(probe, "listening")));
  const ports = probes.map((probe) => {
    const address = probe.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  });
  await Promise.all(probes.map((probe) => once(probe.close(), "close")));
  return ports;
}

function configOf(
  folder: string,
  http: number,
  tcp: number,
  interserver: number,
  all: number[],
): string {
  const shards = all.map(
    (port) => `<shard><replica><host>127.0.0.1</host><port>${port}</port></replica></shard>`,
  );
  return `<yandex>
  <logger><level>warning</level><log>${folder}/server.log</log><errorlog>${folder}/error.log</errorlog></logger>
  <http_port>${http}</http_port><tcp_port>${tcp}</tcp_port><interserver_http_port>${interserver}</interserver_http_port>
  <listen_host>127.0.0.1</listen_host>
  <path>${folder}/data/</path><tmp_path>${folder}/tmp/</tmp_path>
  <users_config>users.xml</users_config><default_profile>default</default_profile>
  <default_database>default</default_database><mark_cache_size>100000000</mark_cache_size>
  <remote_servers><pair>${shards.join("")}</pair></remote_servers>
</yandex>`;
}

const USERS = `<yandex><profiles><default/></profiles><quotas><default/></quotas>
<users><default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota></default></users></yandex>`;

/** Starts the servers of Debian in folders of their own. */
export async function startShards(root: string): Promise<Shards> {
  const ports = await freePorts(SHARDS * 3);
  const tcp = ports.slice(0, SHARDS);
  const children: ChildProcess[] = [];
  const urls: string[] = [];
  for (let shard = 0; shard < SHARDS; shard += 1) {
    const folder = join(root, `shard-${shard}`);
    for (const name of ["data", "tmp"]) await mkdir(join(folder, name), { recursive: true });
    const http = ports[SHARDS + shard] ?? 0;
    const config = configOf(folder, http, tcp[shard] ?? 0, ports[SHARDS * 2 + shard] ?? 0, tcp);
    await writeFile(join(folder, "config.xml"), config);
    await writeFile(join(folder, "users.xml"), USERS);
    children.push(
      spawn(BINARY, [`--config-file=${join(folder, "config.xml")}`], {
        cwd: folder,
        stdio: "ignore",
      }),
    );
    urls.push(`http://127.0.0.1:${http}`);
  }
  for (const url of urls) {
    while ((await fetch(`${url}/ping`).catch(() => null))?.ok !== true) await pause(50);
  }
  return {
    urls,
    async stop() {
      for (const child of children) {
        const exited = once(child, "exit");
        child.kill("SIGKILL");
        await exited;
      }
    },
  };
}
