export { sessionQuery, toSession, useSignOut } from "./session.ts";
