import { generateKeyPairSync, randomBytes, sign } from "node:crypto";
import type { KeyObject } from "node:crypto";

/** A certificate and its private key, PEM. */
export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

/** An authority made for one test: nobody else trusts it. */
export interface TestAuthority {
  /** What a client must be told to trust, PEM. */
  readonly cert: string;
  /** A certificate for `localhost` and 127.0.0.1; each call makes another one. */
  issue(): TestCertificate;
}

/** DER: tag, length, contents. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  if (body.length < 0x80) return Buffer.concat([Buffer.of(tag, body.length), body]);
  const length = Buffer.from(body.length.toString(16).padStart(4, "0"), "hex");
  return Buffer.concat([Buffer.of(tag, 0x80 | length.length), length, body]);
}

const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, "hex"));
const TRUE = der(0x01, Buffer.of(0xff));
const ECDSA_WITH_SHA256 = sequence(oid("2a8648ce3d040302"));

function nameOf(text: string): Buffer {
  return sequence(der(0x31, sequence(oid("550403"), der(0x0c, Buffer.from(text)))));
}

function timeOf(at: Date): Buffer {
  const text = `${at.toISOString().replaceAll(/[-:T]|\.\d+/g, "")}`;
  return der(0x18, Buffer.from(text));
}

/** Basic constraints of an authority, or the alternative names of a server. */
function extensionsOf(isAuthority: boolean): Buffer {
  const extension = isAuthority
    ? sequence(oid("551d13"), TRUE, der(0x04, sequence(TRUE)))
    : sequence(
        oid("551d11"),
        der(
          0x04,
          sequence(der(0x82, Buffer.from("localhost")), der(0x87, Buffer.of(127, 0, 0, 1))),
        ),
      );
  return der(0xa3, sequence(extension));
}

interface Subject {
  readonly name: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly isAuthority: boolean;
}

function certificate({ name, issuer, publicKey, isAuthority }: Subject, signer: KeyObject): string {
  const serial = Buffer.concat([Buffer.of(1), randomBytes(8)]);
  const body = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, serial),
    ECDSA_WITH_SHA256,
    nameOf(issuer),
    sequence(timeOf(new Date("2020-01-01T00:00:00Z")), timeOf(new Date("2100-01-01T00:00:00Z"))),
    nameOf(name),
    publicKey.export({ type: "spki", format: "der" }),
    extensionsOf(isAuthority),
  );
  const signature = der(0x03, Buffer.of(0), sign("sha256", body, signer));
  const text = sequence(body, ECDSA_WITH_SHA256, signature).toString("base64");
  const lines = text.replaceAll(/(.{64})/g, "$1\n");
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

const newKeys = () => generateKeyPairSync("ec", { namedCurve: "prime256v1" });

/** Makes an authority of its own for a test of TLS (X.509 v3, RFC 5280, ECDSA with P-256). */
export function testAuthority(): TestAuthority {
  const name = "Paceline test authority";
  const own = newKeys();
  return {
    cert: certificate(
      { name, issuer: name, publicKey: own.publicKey, isAuthority: true },
      own.privateKey,
    ),
    issue() {
      const { publicKey, privateKey } = newKeys();
      return {
        cert: certificate(
          { name: "localhost", issuer: name, publicKey, isAuthority: false },
          own.privateKey,
        ),
        key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
      };
    },
  };
}
