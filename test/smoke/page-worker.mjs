/** A worker of the page: answers the shape of a dataset, or the error, for each URL. */

import { open } from "../../dist/format/read.js";

self.onmessage = async ({ data: [url, path] }) => {
  try {
    self.postMessage((await (await open(url)).get(path)).shape);
  } catch (error) {
    self.postMessage(String(error));
  }
};
