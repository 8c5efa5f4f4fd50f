/** Collects what the workers answer. */

import * as library from "../../dist/all.js";
import { askWorker, parcelTest } from "./parcel.mjs";
import { runTests } from "./suite.mjs";

function named(results, where) {
  return results.map(({ name, error }) => ({ name: `${where}: ${name}`, error }));
}

async function ofWorker() {
  const worker = new Worker(new URL("./whole-worker.mjs", import.meta.url));
  const answer = new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  });
  worker.postMessage(location.href);
  return named(await answer, "worker");
}

async function ofServiceWorker() {
  const answer = new Promise((resolve) => {
    navigator.serviceWorker.onmessage = ({ data }) => resolve(data);
  });
  await navigator.serviceWorker.register("/service-worker.js", { type: "module" });
  (await navigator.serviceWorker.ready).active.postMessage("results");
  return named(await answer, "service worker");
}

/** A parcel on its way from the page to a worker and back. */
function ofParcel() {
  const post = (parcel) => askWorker(new Worker(new URL("./parcel-worker.mjs", import.meta.url)), parcel);
  return runTests([parcelTest(library, post)]);
}

const results = [...(await ofParcel()), ...(await ofWorker()), ...(await ofServiceWorker())];
globalThis.smokeResults = results;
