/** Fails when workspace packages use each other in a circle, by the dependencies in `package.json`. */
import { globSync, readFileSync } from "node:fs";

import { Type } from "typebox";
import { Value } from "typebox/value";

import { findCycle } from "./cycles.ts";

const Names = Type.Optional(Type.Record(Type.String(), Type.String()));
const Manifest = Type.Object({
  name: Type.String(),
  dependencies: Names,
  devDependencies: Names,
  peerDependencies: Names,
});
const Root = Type.Object({ workspaces: Type.Array(Type.String()) });

const read = (file: string): unknown => JSON.parse(readFileSync(file, "utf8"));

const { workspaces } = Value.Parse(Root, read("package.json"));
const manifests = globSync(workspaces.map((folder) => `${folder}/package.json`))
  .toSorted()
  .map((file) => Value.Parse(Manifest, read(file)));
const uses = new Map(
  manifests.map(({ name, ...lists }) => [
    name,
    Object.keys({ ...lists.dependencies, ...lists.devDependencies, ...lists.peerDependencies }),
  ]),
);

const cycle = findCycle(uses);
if (manifests.length === 0) console.error("no workspace package was found");
if (cycle !== null) console.error(`a circle of packages: ${cycle.join(" → ")}`);
process.exitCode = cycle === null && manifests.length > 0 ? 0 : 1;
