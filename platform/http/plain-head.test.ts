import assert from "node:assert/strict";
import { test } from "node:test";

import { readPlainHead } from "./plain-head.ts";

const PLAIN = [
  "POST /evaluate?x=1 HTTP/1.1",
  "Host: flags.example",
  "Content-Type: application/json",
  "X-API-Key:\tsecret \t",
  "Content-Length: 12",
];

function head(...lines: readonly string[]): string {
  return lines.join("\r\n");
}

test("a plain head is read: names in lower case, values without the space around them", () => {
  const read = readPlainHead(head(...PLAIN));
  assert.equal(read?.url, "/evaluate?x=1");
  assert.equal(read.length, 12);
  assert.deepEqual(Object.fromEntries(read.headers), {
    host: "flags.example",
    "content-type": "application/json",
    "x-api-key": "secret",
    "content-length": "12",
  });
  assert.notEqual(readPlainHead(head(...PLAIN, "Connection: Keep-Alive")), null);
  assert.notEqual(readPlainHead(head(...PLAIN, "X-Name: J\u00f6rg", "X-Empty:")), null);
});

test("what could be understood in two ways, or changes how a message is read, is left to Node", () => {
  const [first = "", host = "", ...others] = PLAIN;
  const left: readonly (readonly string[])[] = [
    [first, ...others],
    [first, host],
    ...[
      "GET /evaluate HTTP/1.1",
      "post /evaluate HTTP/1.1",
      "POST /evaluate HTTP/1.0",
      "POST  /evaluate HTTP/1.1",
      "POST /eva luate HTTP/1.1",
      "POST http://other/evaluate HTTP/1.1",
      "POST /evaluate\u0000 HTTP/1.1",
      "POST /evaluate HTTP/1.1 ",
      "POST /evaluate HTTP/1.1\nX: y",
    ].map((line) => [line, host, ...others]),
    ...[
      "Content-Length: 12",
      "content-length: 13",
      "Host: other.example",
      "X-API-Key: another",
      "Transfer-Encoding: chunked",
      "Transfer-Encoding : chunked",
      "Content-Encoding: gzip",
      "Connection: close",
      "Connection: keep-alive, X-API-Key",
      "Expect: 100-continue",
      "Upgrade: h2c",
      "Trailer: X",
      " folded: value",
      "folded",
      ": no name",
      "na me: value",
      "na\u00efve: value",
      "X: line\nfeed",
      "X: carriage\rreturn",
      "X: null\u0000",
      "X: escape\u001b",
      "",
    ].map((line) => [...PLAIN, line]),
    ...["", "-1", "+1", "1.0", "0x10", "1e3", "12, 12", "1 2", "99999999"].map((length) => [
      first,
      host,
      `Content-Length: ${length}`,
    ]),
    [...PLAIN, ...Array.from({ length: 65 }, (_, index) => `X-${index}: y`)],
  ];
  for (const lines of left) assert.equal(readPlainHead(head(...lines)), null, head(...lines));
});
