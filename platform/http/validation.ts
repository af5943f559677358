import { Ajv } from "ajv";
import type { Options } from "ajv";
import formats from "ajv-formats";
import type { FastifySchemaCompiler } from "fastify";

const BASE: Options = {
  allErrors: true,
  useDefaults: true,
  removeAdditional: false,
  strict: true,
  strictTypes: false,
};

function compilerOf(options: Options): Ajv {
  const ajv = new Ajv(options);
  formats.default(ajv);
  return ajv;
}

/**
 * Compiles the schemas of routes. Texts become numbers only where HTTP has nothing but texts
 * (query, path, headers); a body is taken as it is or refused.
 */
export function createValidatorCompiler(): FastifySchemaCompiler<object> {
  const bodies = compilerOf(BASE);
  const texts = compilerOf({ ...BASE, coerceTypes: "array" });
  return ({ schema, httpPart }) => (httpPart === "body" ? bodies : texts).compile(schema);
}
