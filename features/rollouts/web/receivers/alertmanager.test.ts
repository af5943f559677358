import assert from "node:assert/strict";
import { test } from "node:test";

import { Value } from "typebox/value";

import { AlertmanagerBody } from "../../alert-api.ts";
import { alertmanagerYaml, testAlert, testCommand } from "./alertmanager.ts";

const URL = "https://paceline.example/api/v1/alerts/secret";
const NOW = new Date("2026-11-27T12:00:00Z");

test("the configuration names one receiver and its address, whatever the name holds", () => {
  const yaml = alertmanagerYaml('Prometheus: "EU" #1', URL);
  assert.match(yaml, /- name: paceline-prometheus-eu-1\n/u);
  assert.match(yaml, /- receiver: paceline-prometheus-eu-1\n/u);
  assert.ok(yaml.includes(`- url: ${URL}\n`));
  assert.match(alertmanagerYaml("!", URL), /- name: paceline\n/u);
});

test("the alert of a test is one that the webhook takes, and that fires nothing", () => {
  const alert = testAlert(NOW);
  assert.ok(Value.Check(AlertmanagerBody, alert));
  assert.ok(alert.alerts.every(({ status }) => status === "resolved"));
  assert.ok(testCommand(URL, NOW).endsWith(URL));
});
