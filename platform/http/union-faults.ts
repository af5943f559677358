import type { FastifyError } from "fastify";

/** One rule of a schema that a request breaks. */
export type Fault = NonNullable<FastifyError["validation"]>[number];

/** A literal that names a form: the value itself, or one member of it. */
const TAG = /^(?<form>\d+)\/(?:properties\/[^/]+\/)?const$/;

/**
 * Faults as somebody who sent one form of several can use them. A validator tries every form and
 * lists what each of them misses; whoever sent a funnel does not want to know what a series needs.
 * Where a literal tells the forms apart, the faults of the others go; where it fits none, what it may
 * be is said once.
 */
export function ofTheMeantForm(faults: readonly Fault[]): readonly Fault[] {
  const unions = faults.filter(({ keyword }) => keyword === "anyOf");
  return unions
    .toSorted((a, b) => a.schemaPath.length - b.schemaPath.length)
    .reduce(narrowed, faults);
}

function narrowed(faults: readonly Fault[], union: Fault): readonly Fault[] {
  const base = `${union.schemaPath}/`;
  const inside = faults.filter(({ schemaPath }) => schemaPath.startsWith(base));
  const rest = ({ schemaPath }: Fault): string => schemaPath.slice(base.length);
  const tags = inside.filter((fault) => TAG.test(rest(fault)));
  const [tag] = tags;
  if (!faults.includes(union) || tag === undefined) return faults;
  if (tags.some(({ instancePath }) => instancePath !== tag.instancePath)) return faults;
  const excluded = new Set(tags.map((fault) => TAG.exec(rest(fault))?.groups?.["form"]));
  const meant = inside.filter((fault) => !excluded.has(rest(fault).split("/", 1)[0]));
  if (meant.length > 0 && tag.instancePath === union.instancePath) return faults;
  const told = meant.length > 0 ? meant : [{ ...tag, params: { allowedValues: valuesOf(tags) } }];
  const [first] = inside;
  return faults.flatMap((fault) => {
    if (fault === first) return told;
    return fault === union || inside.includes(fault) ? [] : [fault];
  });
}

function valuesOf(tags: readonly Fault[]): readonly unknown[] {
  return tags.map(({ params }) => params["allowedValue"]);
}
