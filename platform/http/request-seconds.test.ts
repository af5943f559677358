import assert from "node:assert/strict";
import test from "node:test";

import { Registry } from "prom-client";

import { RequestSeconds } from "./request-seconds.ts";

test("counted requests come out as text and as JSON, with the same numbers", async () => {
  const registry = new Registry();
  const seconds = new RequestSeconds(registry);
  seconds.count("GET", "/a", 200, 0.003);
  seconds.count("GET", "/a", 200, 20);
  seconds.count("POST", "/a", 503, 0.2);
  const text = await registry.metrics();
  const bucket =
    'paceline_http_request_seconds_bucket{le="0.005",method="GET",route="/a",status="200"}';
  assert.ok(text.includes(`${bucket} 1\n`), text);
  const [metric] = await registry.getMetricsAsJSON();
  assert.ok(metric);
  const values: readonly { readonly metricName?: string; readonly value: number }[] = metric.values;
  const of = (name: string): readonly number[] =>
    values
      .filter(({ metricName }) => metricName === `${metric.name}_${name}`)
      .map(({ value }) => value);
  assert.deepEqual(of("count"), [2, 1]);
  assert.deepEqual(of("sum"), [20.003, 0.2]);
  assert.deepEqual(of("bucket"), [0, 1, 1, 1, 1, 1, 1, 2, 0, 0, 0, 0, 1, 1, 1, 1]);
});
