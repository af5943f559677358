import { mergeScopes } from "../log/scopes.ts";
import type { SegmentScope } from "../log/scopes.ts";
import type { CompactionStep } from "./compaction-plan.ts";
import type { Database, Session } from "./duckdb/database.ts";
import { duckdbLoading } from "./duckdb/loading.ts";
import { number, readScope } from "./rows.ts";
import type { HeldSegment, NewSegment, SegmentSet } from "./segment-set.ts";
import { segmentEvents } from "./segments.ts";
import { coalesce } from "./stretches.ts";

/**
 * Does one step of compaction: every event of the inputs is in the outputs, once, and the outputs
 * take their place at one instant.
 */
export async function compact(
  database: Database,
  set: SegmentSet,
  step: CompactionStep<HeldSegment>,
): Promise<void> {
  const { inputs } = step;
  const stretches = coalesce(inputs.flatMap((input) => input.stretches));
  const outputs =
    step.kind === "split" ? await split(database, set, inputs) : [await merge(database, set, step)];
  await set.replace({
    inputs,
    outputs: outputs.map((output) => ({ ...output, stretches })),
    changesEvents: false,
  });
}

type Output = Omit<NewSegment, "stretches">;

async function merge(
  database: Database,
  set: SegmentSet,
  step: Exclude<CompactionStep<HeldSegment>, { readonly kind: "split" }>,
): Promise<Output> {
  const part = step.kind === "join" ? step.part : null;
  const { name, temporary } = set.newName(part);
  const paths = step.inputs.map((input) => input.path);
  const statement =
    step.kind === "join"
      ? duckdbLoading.join(paths, temporary)
      : duckdbLoading.gather(paths, temporary);
  const [row] = await database.all(statement);
  const scopes = mergeScopes(step.inputs.flatMap((input) => input.scopes));
  expectEvents(step.inputs, row === undefined ? 0 : number(row, "Count"));
  return { name, part, scopes };
}

function split(
  database: Database,
  set: SegmentSet,
  inputs: readonly HeldSegment[],
): Promise<readonly Output[]> {
  return database.session(async (session) => {
    await session.run(
      duckdbLoading.stage(
        inputs.map((input) => input.path),
        "staged",
      ),
    );
    const rows = await session.all(duckdbLoading.parts("staged"));
    const parts = Map.groupBy(rows, (row) =>
      [number(row, "part_month"), number(row, "part_bucket")].join(),
    );
    const outputs: Output[] = [];
    for (const group of parts.values()) {
      const [first] = group;
      if (first === undefined) continue;
      const [month, bucket] = [number(first, "part_month"), number(first, "part_bucket")];
      outputs.push(await writePart(session, set, month, bucket, group.map(readScope)));
    }
    const written = outputs.reduce((sum, output) => sum + segmentEvents(output), 0);
    expectEvents(inputs, written);
    return outputs;
  });
}

async function writePart(
  session: Session,
  set: SegmentSet,
  month: number,
  bucket: number,
  scopes: readonly SegmentScope[],
): Promise<Output> {
  const part = { month: monthText(month), bucket };
  const { name, temporary } = set.newName(part);
  const [row] = await session.all(duckdbLoading.writePart("staged", month, bucket, temporary));
  const written = row === undefined ? 0 : number(row, "Count");
  if (written !== segmentEvents({ scopes })) throw new Error(`${name} has ${written} events`);
  return { name, part, scopes };
}

/** The number 202601 as `2026-01`. */
function monthText(month: number): string {
  const text = String(month).padStart(6, "0");
  return `${text.slice(0, -2)}-${text.slice(-2)}`;
}

function expectEvents(inputs: readonly HeldSegment[], written: number): void {
  const expected = inputs.reduce((sum, input) => sum + segmentEvents(input), 0);
  if (written !== expected) throw new Error(`${written} events instead of ${expected}`);
}
