/** What the page of the smoke suite starts with. */

import { pageTests } from "./page.mjs";
import { runTests } from "./suite.mjs";

globalThis.smokeResults = runTests(pageTests(() => globalThis.requestedScripts()));
