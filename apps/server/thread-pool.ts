/**
 * Imported first by whatever starts a server: the pool is made by its first use. Node's file calls,
 * also the `fdatasync` that an acknowledgement waits for, and every running DuckDB query each hold
 * one thread of it. With Node's four, four long queries would stop the intake.
 */
process.env["UV_THREADPOOL_SIZE"] ??= "32";
