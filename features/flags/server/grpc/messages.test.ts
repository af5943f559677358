import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { EVALUATION_V1, EVALUATION_V2, SYNC_V1 } from "./messages.ts";
import type { Service } from "./messages.ts";
import type { Field, FieldType, Shape } from "./protobuf.ts";

const FOLDER = join(
  import.meta.dirname,
  "../../../../../shared/conformance/flagd-schemas/protobuf-flagd",
);
const absent = existsSync(FOLDER) ? false : `${FOLDER} is absent`;

const WORDS: Readonly<Record<string, string>> = { struct: "google.protobuf.Struct" };

function typeText(type: FieldType): string {
  return typeof type === "string" ? (WORDS[type] ?? type) : `map<string, ${type.map.name}>`;
}

/** As the published file says it, without the options. */
function fieldText({ number, name, type, presence }: Field): string {
  const isPlain = presence === "implicit" || type === "struct";
  return `${isPlain ? "" : "optional "}${typeText(type)} ${name} = ${number}`;
}

interface Published {
  readonly messages: ReadonlyMap<string, readonly string[]>;
  readonly calls: readonly string[];
}

/** Reads as much of a .proto file as ours consist of. */
function readProto(path: string): Published {
  const text = readFileSync(join(FOLDER, path), "utf8")
    .replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "")
    // Members of a oneof say whether they are there, as optional fields do.
    .replaceAll(/oneof \w+ \{([^}]*)\}/g, (_all, members: string) =>
      members.replaceAll(/(\w[\w.]* \w+ = \d+;)/g, "optional $1"),
    );
  const messages = new Map(
    [...text.matchAll(/message (\w+) \{([^}]*)\}/g)].map(([, name = "", body = ""]) => [
      name,
      [...body.matchAll(/((?:optional )?[\w.<>, ]+ \w+ = \d+)/g)].map(([, field = ""]) =>
        field
          .trim()
          .replace(/^optional (google)/, "$1")
          .replace(/^optional (?=map)/, ""),
      ),
    ]),
  );
  const calls = [...text.matchAll(/rpc (\w+)\((\w+)\) returns \((stream )?(\w+)\)/g)].map(
    ([, name, request, stream = "", response]) => `${name} ${request} ${stream}${response}`,
  );
  return { messages, calls };
}

const FILES = [
  ["sync/v1/sync.proto", SYNC_V1],
  ["evaluation/v1/evaluation.proto", EVALUATION_V1],
  ["evaluation/v2/evaluation.proto", EVALUATION_V2],
] as const satisfies readonly (readonly [string, Service])[];

for (const [path, service] of FILES) {
  test(`the messages of ${service.name} are those of ${path}`, { skip: absent }, () => {
    const published = readProto(path);
    const check = ({ name, fields }: Shape): void => {
      const expected = published.messages.get(name);
      assert.ok(expected, `${name} is not published`);
      assert.deepEqual(fields.map(fieldText), expected, name);
      for (const { type } of fields) if (typeof type !== "string") check(type.map);
    };
    for (const { request, response } of service.calls) {
      check(request);
      check(response);
    }
    const calls = service.calls.map(
      ({ name, request, response, streams }) =>
        `${name} ${request.name} ${streams ? "stream " : ""}${response.name}`,
    );
    assert.deepEqual(calls.toSorted(), published.calls.toSorted());
  });
}
