/** A service worker, where `import()` is forbidden; it answers the results to whoever asks it for "results". */

import { runWholeSuite } from "./whole-suite.mjs";

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));
addEventListener("message", (event) => {
  event.waitUntil(runWholeSuite(location.href).then((results) => event.source.postMessage(results)));
});
