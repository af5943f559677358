import { isAbsolute, join, resolve } from "node:path";

import { err, ok } from "@paceline/result";
import type { Result } from "@paceline/result";
import { parse, YAMLParseError } from "yaml";

/** Everything that can be set; the same names as environment variables, flags and YAML keys. */
export interface Config {
  /** TCP port of UI, API, OFREP and intake; 0 takes a free one. */
  readonly port: number;
  /** Second TCP port that answers OTLP/HTTP only, where OpenTelemetry's clients look for it; null for none. */
  readonly otlpPort: number | null;
  /** TCP ports of flagd's gRPC protocols; 0 takes a free one, null switches one off. */
  readonly flagdEvaluationPort: number | null;
  readonly flagdSyncPort: number | null;
  /** Absolute folder for the Unix sockets `evaluation.sock` and `sync.sock`; null for none. */
  readonly flagdSocketDir: string | null;
  /** Environment of the first workspace that flagd's clients on this machine read without a key. */
  readonly flagdOpenEnvironment: string | null;
  /** Certificate chain and private key, PEM files, for HTTP and gRPC; null without TLS. */
  readonly tls: TlsFiles | null;
  /** Address to bind; loopback unless said otherwise. */
  readonly host: string;
  /** Absolute folder of everything that must be kept. */
  readonly dataDir: string;
  /** An outside PostgreSQL 15–18; null starts the embedded one. */
  readonly databaseUrl: string | null;
  /** Names this process among those that share a database; part of the names of its log files. */
  readonly nodeId: string;
  /** ClickHouse that keeps the events, perhaps with user, password and database; null keeps them here. */
  readonly clickhouseUrl: string | null;
  /** Beside the URL, or instead of what it says. */
  readonly clickhouseUser: string | null;
  readonly clickhousePassword: string | null;
  /** ClickHouse's cluster over which the events are spread; null for a single server. */
  readonly clickhouseCluster: string | null;
  /** How long a log file stays after ClickHouse has acknowledged it. */
  readonly clickhouseKeepLogMinutes: number;
  /** How long the history of an ended rollout is kept, and every reading of its guards. */
  readonly keepRolloutDays: number;
  readonly keepReadingDays: number;
  /** Absolute data directories of other nodes, whose log is loaded when they are dead. */
  readonly adoptLogs: readonly string[];
  /** Absolute folder of the audit log; every node of a database shares one. */
  readonly auditDir: string;
  /** Whether an empty installation gets a sample workspace. */
  readonly sample: boolean;
  readonly logLevel: LogLevel;
  /** Proxy addresses whose forwarded client address is believed; null for none. */
  readonly trustProxy: string | null;
  /** How people reach the server, for links; null derives it from host and port. */
  readonly publicUrl: string | null;
  /** Whether everybody who reaches the port reads `/metrics` without a key. */
  readonly metricsPublic: boolean;
}

/** Absolute paths. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

const LOG_LEVELS = ["silent", "error", "warn", "info", "debug"] as const;
type LogLevel = (typeof LOG_LEVELS)[number];

interface Setting {
  readonly env: string;
  readonly flag: string;
  readonly fallback: string;
  readonly help: string;
}

/** The settings by key, in the order in which `--help` and `paceline doctor` list them. */
export const SETTINGS = {
  port: {
    env: "PACELINE_PORT",
    flag: "port",
    fallback: "4410",
    help: "port of UI, API, OFREP and intake",
  },
  otlpPort: {
    env: "PACELINE_OTLP_PORT",
    flag: "otlp-port",
    fallback: "4418",
    help: "second port for OTLP/HTTP; 0 or empty switches it off",
  },
  flagdEvaluationPort: {
    env: "PACELINE_FLAGD_EVALUATION_PORT",
    flag: "flagd-evaluation-port",
    fallback: "8013",
    help: "gRPC port of flagd's evaluation; 0 takes a free one, empty switches it off",
  },
  flagdSyncPort: {
    env: "PACELINE_FLAGD_SYNC_PORT",
    flag: "flagd-sync-port",
    fallback: "8015",
    help: "gRPC port of flagd's synchronization; 0 takes a free one, empty switches it off",
  },
  flagdSocketDir: {
    env: "PACELINE_FLAGD_SOCKET_DIR",
    flag: "flagd-socket-dir",
    fallback: "",
    help: "folder for the same as Unix sockets",
  },
  flagdOpenEnvironment: {
    env: "PACELINE_FLAGD_OPEN_ENVIRONMENT",
    flag: "flagd-open-environment",
    fallback: "",
    help: "environment that flagd's clients on this machine read without a key",
  },
  tls: {
    env: "PACELINE_TLS_CERT",
    flag: "tls-cert",
    fallback: "",
    help: "certificate chain (PEM) for HTTP and gRPC",
  },
  tlsKey: {
    env: "PACELINE_TLS_KEY",
    flag: "tls-key",
    fallback: "",
    help: "its private key (PEM)",
  },
  host: { env: "PACELINE_HOST", flag: "host", fallback: "127.0.0.1", help: "address to bind" },
  dataDir: {
    env: "PACELINE_DATA_DIR",
    flag: "data-dir",
    fallback: ".paceline",
    help: "folder of everything that must be kept",
  },
  databaseUrl: {
    env: "DATABASE_URL",
    flag: "database-url",
    fallback: "",
    help: "an outside PostgreSQL 15–18 instead of the embedded one",
  },
  nodeId: {
    env: "PACELINE_NODE_ID",
    flag: "node-id",
    fallback: "node",
    help: "name of this process among those on one database",
  },
  clickhouseUrl: {
    env: "CLICKHOUSE_URL",
    flag: "clickhouse-url",
    fallback: "",
    help: "a ClickHouse 24 or later that keeps the events",
  },
  clickhouseUser: {
    env: "CLICKHOUSE_USER",
    flag: "clickhouse-user",
    fallback: "",
    help: "user there, if the URL names none",
  },
  clickhousePassword: {
    env: "CLICKHOUSE_PASSWORD",
    flag: "clickhouse-password",
    fallback: "",
    help: "password there; better set by the environment",
  },
  clickhouseCluster: {
    env: "CLICKHOUSE_CLUSTER",
    flag: "clickhouse-cluster",
    fallback: "",
    help: "ClickHouse's cluster for sharded, replicated tables",
  },
  clickhouseKeepLogMinutes: {
    env: "CLICKHOUSE_KEEP_LOG_MINUTES",
    flag: "clickhouse-keep-log-minutes",
    fallback: "0",
    help: "how long log files stay after ClickHouse has them",
  },
  keepRolloutDays: {
    env: "PACELINE_KEEP_ROLLOUT_DAYS",
    flag: "keep-rollout-days",
    fallback: "400",
    help: "days for which the history of an ended rollout is kept",
  },
  keepReadingDays: {
    env: "PACELINE_KEEP_READING_DAYS",
    flag: "keep-reading-days",
    fallback: "30",
    help: "days before readings of guards that decided nothing are thinned",
  },
  adoptLogs: {
    env: "PACELINE_ADOPT_LOGS",
    flag: "adopt-logs",
    fallback: "",
    help: "data directories of other nodes, to load when dead",
  },
  auditDir: {
    env: "PACELINE_AUDIT_DIR",
    flag: "audit-dir",
    fallback: "",
    help: "folder of the audit log, shared by all nodes",
  },
  sample: {
    env: "PACELINE_SAMPLE",
    flag: "sample",
    fallback: "1",
    help: "1 fills an empty installation with a synthetic workspace, 0 does not",
  },
  logLevel: {
    env: "PACELINE_LOG_LEVEL",
    flag: "log-level",
    fallback: "warn",
    help: LOG_LEVELS.join(", "),
  },
  trustProxy: {
    env: "PACELINE_TRUST_PROXY",
    flag: "trust-proxy",
    fallback: "",
    help: "proxy addresses whose forwarded client address is believed",
  },
  publicUrl: {
    env: "PACELINE_PUBLIC_URL",
    flag: "public-url",
    fallback: "",
    help: "how people reach the server, for links",
  },
  metricsPublic: {
    env: "PACELINE_METRICS_PUBLIC",
    flag: "metrics-public",
    fallback: "0",
    help: "1 lets everybody read /metrics, 0 this machine and keys with the scope metrics",
  },
} as const satisfies Readonly<Record<keyof Config | "tlsKey", Setting>>;

type Key = keyof typeof SETTINGS;

/** A setting that cannot be used: where it came from and the rule that it breaks. */
export interface ConfigFault {
  readonly setting: string;
  readonly source: string;
  readonly rule: string;
}

export interface ConfigSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** By flag name, without dashes in front. */
  readonly flags: Readonly<Record<string, string | undefined>>;
  /** The YAML file named by `--config` or `PACELINE_CONFIG`; null for none. */
  readonly file: { readonly path: string; readonly text: string } | null;
  readonly workingDir: string;
}

interface Found {
  readonly text: string;
  readonly source: string;
}

function readFile(file: ConfigSources["file"]): Result<ReadonlyMap<string, string>, ConfigFault> {
  if (file === null) return ok(new Map());
  const fault = (rule: string): Result<never, ConfigFault> =>
    err({ setting: "config", source: file.path, rule });
  let document: unknown;
  try {
    document = parse(file.text);
  } catch (error) {
    return fault(error instanceof YAMLParseError ? error.message : "is not readable YAML");
  }
  if (document === null || document === undefined) return ok(new Map());
  if (typeof document !== "object" || Array.isArray(document))
    return fault("must map settings to values");
  const values = new Map<string, string>();
  for (const [key, value] of Object.entries(document)) {
    const setting = Object.values(SETTINGS).find(({ env, flag }) => key === env || key === flag);
    if (setting === undefined) {
      return fault(
        `\`${key}\` is not a setting; known are ${Object.values(SETTINGS)
          .map(({ env }) => env)
          .join(", ")}`,
      );
    }
    values.set(setting.env, String(value));
  }
  return ok(values);
}

/** Ports, for which an empty text says none. */
const MAY_BE_EMPTY: ReadonlySet<Key> = new Set([
  "otlpPort",
  "flagdEvaluationPort",
  "flagdSyncPort",
]);

function find(key: Key, sources: ConfigSources, file: ReadonlyMap<string, string>): Found {
  const { env, flag, fallback }: Setting = SETTINGS[key];
  const fromFlag = sources.flags[flag];
  if (fromFlag !== undefined) return { text: fromFlag, source: `--${flag}` };
  const fromEnv = sources.env[env];
  const mayBeEmpty = MAY_BE_EMPTY.has(key);
  if (fromEnv !== undefined && (fromEnv !== "" || mayBeEmpty))
    return { text: fromEnv, source: env };
  const fromFile = file.get(env);
  if (fromFile !== undefined) return { text: fromFile, source: sources.file?.path ?? "file" };
  return { text: fallback, source: "default" };
}

function parsePort(text: string): number | null {
  const port = Number(text);
  return /^\d+$/.test(text) && port <= 65_535 ? port : null;
}

const NODE_ID = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

function parseNodeId(text: string): string | null {
  return NODE_ID.test(text) && text.length <= 64 ? text : null;
}

const DAYS_RULE = "must be a number of days, 1 to 36500";

function parseDays(text: string): number | null {
  const days = Number(text);
  return /^\d{1,5}$/.test(text) && days >= 1 && days <= 36_500 ? days : null;
}

/** An empty text is a port, too: none. */
function parseOptionalPort(text: string): { readonly port: number | null } | null {
  if (text === "" || text === "off") return { port: null };
  const port = parsePort(text);
  return port === null ? null : { port };
}

function parseSwitch(text: string): boolean | null {
  if (["1", "true", "yes", "on"].includes(text)) return true;
  return ["0", "false", "no", "off"].includes(text) ? false : null;
}

/**
 * Reads the configuration: flags before environment before file before defaults.
 *
 * @returns the configuration, or every fault found, so that all can be mended at once
 */
export function readConfig(sources: ConfigSources): Result<Config, readonly ConfigFault[]> {
  const file = readFile(sources.file);
  if (!file.ok) return err([file.error]);
  const faults: ConfigFault[] = [];
  const get = (key: Key): Found => find(key, sources, file.value);
  function parsed<T>(key: Key, read: (text: string) => T | null, fallback: T, rule: string): T {
    const { text, source } = get(key);
    const value = read(text);
    if (value !== null) return value;
    faults.push({ setting: SETTINGS[key].env, source, rule: `${rule}, not \`${text}\`` });
    return fallback;
  }
  /** The rule alone: the text may hold a password. */
  function secretUrl(key: Key, rule: string): string | null {
    const { text, source } = get(key);
    if (text === "" || /^https?:\/\/[^/]/.test(text)) return text === "" ? null : text;
    faults.push({ setting: SETTINGS[key].env, source, rule });
    return null;
  }
  const optional = (key: Key): string | null => (get(key).text === "" ? null : get(key).text);
  const absolute = (path: string): string =>
    isAbsolute(path) ? path : resolve(sources.workingDir, path);
  const dataDir = absolute(get("dataDir").text);
  const optionalPath = (key: Key): string | null => {
    const path = optional(key);
    return path === null ? null : absolute(path);
  };
  const flagdPort = (key: Key): number | null =>
    parsed(key, parseOptionalPort, { port: null }, "must be a port from 0 to 65535, or empty").port;
  function tlsFiles(): TlsFiles | null {
    const [cert, key] = [optionalPath("tls"), optionalPath("tlsKey")];
    if (cert !== null && key !== null) return { cert, key };
    if (cert === null && key === null) return null;
    const [given, missing] =
      cert === null ? (["tlsKey", "tls"] as const) : (["tls", "tlsKey"] as const);
    const { env } = SETTINGS[missing];
    faults.push({
      setting: env,
      source: get(given).source,
      rule: "is needed, too: a certificate and its key come together",
    });
    return null;
  }
  const config: Config = {
    port: parsed("port", parsePort, 0, "must be a port from 0 to 65535"),
    otlpPort:
      parsed(
        "otlpPort",
        (text) => (text === "" ? 0 : parsePort(text)),
        0,
        "must be a port from 0 to 65535",
      ) || null,
    flagdEvaluationPort: flagdPort("flagdEvaluationPort"),
    flagdSyncPort: flagdPort("flagdSyncPort"),
    flagdSocketDir: optionalPath("flagdSocketDir"),
    flagdOpenEnvironment: optional("flagdOpenEnvironment"),
    tls: tlsFiles(),
    host: get("host").text,
    dataDir,
    databaseUrl:
      parsed(
        "databaseUrl",
        (text) => (text === "" || /^postgres(?:ql)?:\/\//.test(text) ? text : null),
        "",
        "must begin with postgres://",
      ) || null,
    nodeId: parsed("nodeId", parseNodeId, "node", `must have the form ${NODE_ID.source}`),
    clickhouseUrl: secretUrl("clickhouseUrl", "must begin with http:// or https://"),
    clickhouseUser: optional("clickhouseUser"),
    clickhousePassword: optional("clickhousePassword"),
    clickhouseCluster: optional("clickhouseCluster"),
    clickhouseKeepLogMinutes: parsed(
      "clickhouseKeepLogMinutes",
      (text) => (/^\d{1,5}$/.test(text) ? Number(text) : null),
      0,
      "must be a number of minutes",
    ),
    keepRolloutDays: parsed("keepRolloutDays", parseDays, 400, DAYS_RULE),
    keepReadingDays: parsed("keepReadingDays", parseDays, 30, DAYS_RULE),
    adoptLogs: get("adoptLogs")
      .text.split(",")
      .flatMap((path) => (path.trim() === "" ? [] : [absolute(path.trim())])),
    auditDir: absolute(optional("auditDir") ?? join(dataDir, "audit")),
    sample: parsed("sample", parseSwitch, true, "must be 1 or 0"),
    logLevel: parsed(
      "logLevel",
      (text) => LOG_LEVELS.find((level) => level === text) ?? null,
      "warn",
      `must be one of ${LOG_LEVELS.join(", ")}`,
    ),
    trustProxy: optional("trustProxy"),
    publicUrl:
      parsed(
        "publicUrl",
        (text) => (text === "" || URL.canParse(text) ? text : null),
        "",
        "must be an absolute URL",
      ) || null,
    metricsPublic: parsed("metricsPublic", parseSwitch, false, "must be 1 or 0"),
  };
  return faults.length === 0 ? ok(config) : err(faults);
}
