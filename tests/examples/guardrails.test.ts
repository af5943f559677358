import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { AlertmanagerBody, GuardSchema } from "@paceline/rollouts/api";
import { Value } from "typebox/value";
import { parse } from "yaml";

const FOLDER = "docs/examples/guardrails";
const guide = readFileSync("docs/guides/guardrails.md", "utf8");

function snippets(language: string): readonly string[] {
  const blocks = guide.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"));
  return [...blocks].map(([, text]) => text ?? "");
}

test("the guide shows the examples as they are", () => {
  assert.equal(snippets("yaml")[0], readFileSync(`${FOLDER}/alertmanager.yml`, "utf8"));
  assert.equal(snippets("json")[0], readFileSync(`${FOLDER}/alert.json`, "utf8"));
});

test("Alertmanager's routes lead to receivers that the example defines, and resolved alerts are sent", () => {
  const { route, receivers } = parse(readFileSync(`${FOLDER}/alertmanager.yml`, "utf8"));
  const names = receivers.map(({ name }: { name: string }) => name);
  for (const { receiver } of [route, ...route.routes]) assert.ok(names.includes(receiver));
  const [webhook] = receivers.find(
    ({ name }: { name: string }) => name === "paceline",
  ).webhook_configs;
  assert.equal(webhook.send_resolved, true);
});

test("the body is one that the webhook takes, and the guard one that a plan takes and that it breaks", async () => {
  const body: unknown = JSON.parse(readFileSync(`${FOLDER}/alert.json`, "utf8"));
  assert.ok(Value.Check(AlertmanagerBody, body));
  const guard: unknown = JSON.parse(snippets("json")[1] ?? "");
  assert.ok(Value.Check(GuardSchema, guard));
  const { judgeAlerts } = await import("@paceline/rollouts/domain");
  const [alert] = body.alerts;
  assert.ok(alert !== undefined && guard.source.kind === "alert");
  const startsAt = new Date(alert.startsAt ?? "");
  const { verdict } = judgeAlerts({
    source: guard.source,
    action: guard.action,
    firing: [{ fingerprint: "f", labels: alert.labels, startsAt, receivedAt: startsAt }],
    hasReceiver: true,
    startedAt: new Date(startsAt.getTime() - 1),
    now: startsAt,
  });
  assert.equal(verdict, "roll-back");
});
