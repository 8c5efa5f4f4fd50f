/** A dedicated worker, which Vite bundles as a classic script by default. */

import { runWholeSuite } from "./whole-suite.mjs";

addEventListener("message", async ({ data: base }) => postMessage(await runWholeSuite(base)));
