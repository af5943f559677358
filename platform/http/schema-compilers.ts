import fastJsonStringifyCompiler from "@fastify/fast-json-stringify-compiler";
import type { FastifySchemaCompiler, FastifyServerOptions } from "fastify";

import { createValidatorCompiler } from "./validation.ts";

type BuildSerializer = NonNullable<
  NonNullable<
    NonNullable<FastifyServerOptions["schemaController"]>["compilersFactory"]
  >["buildSerializer"]
>;

/** What makes functions of the schemas of routes. */
export interface SchemaCompilers {
  readonly validator: FastifySchemaCompiler<object>;
  readonly buildSerializer: BuildSerializer;
  /** Compiles whatever no request has needed yet. Throws for a schema that cannot be compiled. */
  compileAll(): void;
}

/**
 * A schema is compiled when a request first needs it, in some milliseconds: compiling the hundreds of
 * schemas of the whole product would keep a starting server from answering for a second.
 */
export function createSchemaCompilers(): SchemaCompilers {
  const waiting = new Set<() => unknown>();
  function late<Compiled>(compile: () => Compiled): () => Compiled {
    let compiled: Compiled | undefined;
    const get = (): Compiled => {
      waiting.delete(get);
      compiled ??= compile();
      return compiled;
    };
    waiting.add(get);
    return get;
  }

  const compileValidator = createValidatorCompiler();
  const validator: SchemaCompilers["validator"] = (definition) => {
    const compiled = late(() => compileValidator(definition));
    const validate: ReturnType<typeof validator> = (data) => {
      const check = compiled();
      const answer = check(data);
      validate.errors = check.errors ?? null;
      return answer;
    };
    return validate;
  };

  const buildSerializer: BuildSerializer = (shared, options) => (definition) => {
    // One of its own for each: the compiler strikes a schema off the shared ones once it has compiled it.
    const compiled = late(() => fastJsonStringifyCompiler()(shared, options)(definition));
    return (payload) => compiled()(payload);
  };

  return {
    validator,
    buildSerializer,
    compileAll() {
      for (const compile of waiting) compile();
    },
  };
}
