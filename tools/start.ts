/** `npm start`: builds the web app if its sources changed, then runs the server in this process. */
import { enableCompileCache } from "node:module";

import "@paceline/server/garbage-collection";
import "@paceline/server/thread-pool";

import { buildWeb } from "./build-web.ts";

enableCompileCache();
if (buildWeb()) console.error("Built the web app.");
const { main } = await import("@paceline/server/main");
process.exitCode = await main(process.argv.slice(2));
