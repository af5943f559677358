import assert from "node:assert/strict";
import { test } from "node:test";

import { checkCriterion, checkMetric } from "@paceline/experiments/domain";

import { deedsOf, SAMPLE_FLAGS, sampleChanges, STUDIES, trueEffects, visitsOn } from "./index.ts";

const SEEDS = [1, 2, 3];
const UNITS = 20_000;

test("the same seed makes the same visits and deeds, another one others", () => {
  for (const study of STUDIES) {
    const days = SEEDS.map((seed) => JSON.stringify(visitsOn(study, seed, 3, 0)));
    assert.equal(days[0], JSON.stringify(visitsOn(study, 1, 3, 0)));
    assert.equal(new Set(days).size, SEEDS.length);
    const deeds = (seed: number): string =>
      JSON.stringify(
        Array.from({ length: 200 }, (_, unit) => deedsOf(study, seed, `u${unit}`, study.treatment)),
      );
    assert.equal(deeds(1), deeds(1));
    assert.notEqual(deeds(1), deeds(2));
  }
});

test("units act with the stated chances and amounts, within five standard errors", () => {
  for (const study of STUDIES) {
    for (const seed of SEEDS) {
      for (const variant of [study.control, study.treatment]) {
        const deeds = Array.from({ length: UNITS }, (_, unit) =>
          deedsOf(study, seed, `u${unit}`, variant),
        ).flat();
        for (const { event, chance, amount } of study.outcomes) {
          const found = deeds.filter((deed) => deed.event === event);
          const expected = chance[variant] ?? 0;
          const error = Math.sqrt((expected * (1 - expected)) / UNITS);
          const words = `${study.key}, seed ${seed}, ${variant}, ${event}`;
          assert.ok(Math.abs(found.length / UNITS - expected) <= 5 * error, words);
          if (amount === null) continue;
          const sum = found.reduce(
            (all, deed) => all + Number(deed.properties[amount.property]),
            0,
          );
          const distance = Math.abs(sum / found.length - (amount.mean[variant] ?? 0));
          assert.ok(distance < (5 * amount.deviation) / Math.sqrt(found.length), words);
        }
      }
    }
  }
});

test("a unit acts after its exposure and within the window that counts", () => {
  for (const study of STUDIES) {
    const windowMs = study.criterion.design.conversionWindowHours * 3_600_000;
    for (let unit = 0; unit < 2_000; unit++) {
      for (const { afterMs } of deedsOf(study, 7, `u${unit}`, study.treatment))
        assert.ok(afterMs > 0 && afterMs <= windowMs);
    }
  }
});

test("the visits of a day lie within it, in order, each by another unit", () => {
  for (const study of STUDIES) {
    const visits = visitsOn(study, 5, 2, 1_000);
    assert.equal(new Set(visits.map(({ unit }) => unit)).size, study.unitsPerDay);
    const times = visits.map(({ at }) => at);
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
    );
    const from = 1_000 + 2 * 86_400_000;
    assert.ok(times.every((at) => at >= from && at < from + 86_400_000));
  }
});

test("the true effects are those that the chances imply", () => {
  const found = STUDIES.flatMap(trueEffects).map(({ metric, effect }) => [
    metric,
    Math.round(effect * 1e6) / 1e6,
  ]);
  assert.deepEqual(found, [
    ["paid_order", 0.2],
    ["refund_rate", 0],
    ["added_to_cart", 0.033333],
    ["page_load_ms", 280],
    ["basket_bought", 0],
    ["support_contact", 0],
  ]);
});

test("criteria and metrics of the studies are valid, and each study has its initiative", () => {
  for (const { criterion, metrics, initiative } of STUDIES) {
    assert.ok(checkCriterion(criterion).ok);
    assert.deepEqual(metrics.flatMap(checkMetric), []);
    assert.ok(sampleChanges(0).some(({ key, walk }) => key === initiative && walk === "study"));
  }
  assert.equal(new Set(SAMPLE_FLAGS).size, 5);
});
