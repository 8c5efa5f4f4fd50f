/** A worker of the web (Chromium, Deno, Bun) that answers parcels. */

import * as library from "../../dist/all.js";
import { answerParcel } from "./parcel.mjs";

addEventListener("message", async ({ data }) => postMessage(await answerParcel(library, data)));
