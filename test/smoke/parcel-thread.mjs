/** A thread of Node that answers parcels. */

import { parentPort } from "node:worker_threads";
import * as library from "../../dist/all.js";
import { answerParcel } from "./parcel.mjs";

parentPort.once("message", async (data) => parentPort.postMessage(await answerParcel(library, data)));
