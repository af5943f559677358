import assert from "node:assert/strict";
import { test } from "node:test";

import * as face from "@paceline/flags/web/parts";
import { createElement } from "react";
import type { ComponentType } from "react";
import { renderToStaticMarkup } from "react-dom/server";

import { filledParts } from "./parts.ts";

const flag = { environment: "production", flagKey: "checkout.express" };
const { RollBackButton, WayBackLine, WayBackCard, RehearsalsCard, Executions, emptyParts } = face;
const places = { RollBackButton, WayBackLine, WayBackCard, RehearsalsCard, Executions };
const names = Object.keys(places).toSorted();

test("the app fills every place that pages of flags and experiments leave for the way back", () => {
  assert.deepEqual(Object.keys(emptyParts).toSorted(), names);
  assert.deepEqual(Object.keys(filledParts).toSorted(), names);
  for (const [name, part] of Object.entries(filledParts)) {
    assert.ok(!Object.values(emptyParts).includes(part), `${name} stays empty`);
  }
});

for (const [name, place] of Object.entries(places)) {
  test(`${name} shows nothing as long as nobody fills it`, () => {
    assert.equal(renderToStaticMarkup(createElement(place, flag)), "");
  });

  test(`${name} shows what fills it, and tells it which flag is meant`, () => {
    const filling: ComponentType<typeof flag> = ({ environment, flagKey }) =>
      createElement("b", null, `${name} of ${flagKey} in ${environment}`);
    const value = { ...emptyParts, [name]: filling };
    const shown = createElement(face.WayBackContext, { value }, createElement(place, flag));
    assert.equal(renderToStaticMarkup(shown), `<b>${name} of checkout.express in production</b>`);
  });
}
