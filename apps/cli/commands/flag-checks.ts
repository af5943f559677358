import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";

import type { Config } from "@paceline/server/config";

const PATIENCE_MS = 2_000;
/** A certificate that ends sooner is a fault: somebody must act. */
const SOON_MS = 7 * 86_400_000;

function answers(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: PATIENCE_MS });
    const end = (isOpen: boolean): void => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once("connect", () => end(true));
    socket.once("timeout", () => end(false));
    socket.once("error", () => end(false));
  });
}

/** Whether something listens where flagd's clients look. */
export async function flagdCheck(config: Config): Promise<string> {
  const { host, flagdEvaluationPort, flagdSyncPort, flagdOpenEnvironment } = config;
  const ports = { evaluation: flagdEvaluationPort, sync: flagdSyncPort };
  const words = await Promise.all(
    Object.entries(ports).map(async ([name, port]) => {
      if (port === null) return `${name} is switched off`;
      if (port === 0) return `${name} takes a free port`;
      const isOpen = await answers(host, port);
      return `${name} ${isOpen ? "answers" : "does not answer"} on ${port}`;
    }),
  );
  const open =
    flagdOpenEnvironment === null
      ? "nothing is read without a key"
      : `${flagdOpenEnvironment} is read without a key on this machine`;
  return `${words.join(", ")}; ${open}`;
}

/** Whether the certificate can be used, and for how long. @throws when it cannot */
export async function tlsCheck({ tls }: Config): Promise<string> {
  if (tls === null) return "not used";
  const certificate = new X509Certificate(await readFile(tls.cert));
  if (!certificate.checkPrivateKey(createPrivateKey(await readFile(tls.key)))) {
    throw new Error(`${tls.key} is not the key of ${tls.cert}: the two must come together`);
  }
  const until = new Date(certificate.validTo);
  const words = `${tls.cert} is for ${certificate.subjectAltName ?? certificate.subject}, until ${until.toISOString()}`;
  if (until.getTime() < Date.now() + SOON_MS) throw new Error(`${words}: replace it`);
  return words;
}

/** What is served while the database is away. */
export async function lastKnownCheck({ dataDir }: Config): Promise<string> {
  const { readChecked } = await import("@paceline/flags/server");
  const path = join(dataDir, "flags", "last-known.json");
  const exists = await readFile(path).then(
    () => true,
    () => false,
  );
  if (!exists) return "nothing is kept yet for a time without the database";
  if ((await readChecked(path)) === null) {
    throw new Error(
      `${path} is damaged: it is written anew when a flag changes or the server starts`,
    );
  }
  return `${path} is whole`;
}
