import { DuckDBInstance } from "@duckdb/node-api";

/**
 * The rows of a Parquet file, a chunk at a time, in an engine of their own: for importing what was
 * exported here or elsewhere. Instants come as `Date`, nested values as DuckDB's JavaScript values.
 *
 * @throws Error if the file is no Parquet file
 */
export async function* readParquetRows(
  path: string,
): AsyncGenerator<Readonly<Record<string, unknown>>> {
  const instance = await DuckDBInstance.create(":memory:", {
    threads: "1",
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  const connection = await instance.connect();
  try {
    const result = await connection.stream("FROM read_parquet($1)", [path]);
    for await (const rows of result.yieldRowObjectJs()) yield* rows;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
