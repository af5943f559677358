import { setFlagsFromString } from "node:v8";

/**
 * Imported first by whatever starts a server. V8 notes which places in the code make objects that
 * live long, as most do while a server starts, and from then on puts what these places make among
 * the old objects at once. In Node's HTTP server that is every request: each dies at once, and until
 * the next full collection keeps all alive that it refers to, so that a collection of young objects
 * copies half of them for nothing (decision 0030).
 */
setFlagsFromString("--no-allocation-site-pretenuring");
