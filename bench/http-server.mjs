/**
 * Serves a folder's files over HTTP with byte ranges, each answer late: a child process, `http-server.mjs DIRECTORY
 * MILLISECONDS`. It sends its URL, and to each message the requests and body bytes since the last one.
 */

import { createReadStream, statSync } from "node:fs";
import { createServer } from "node:http";
import { basename, join } from "node:path";

const [directory, latency] = process.argv.slice(2);
const traffic = { requests: 0, bytes: 0 };

const server = createServer((request, response) => {
  const path = join(directory, basename(request.url));
  const { size, mtime } = statSync(path);
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "");
  const start = range === null ? 0 : Number(range[1]);
  const end = range === null || range[2] === "" ? size - 1 : Math.min(Number(range[2]), size - 1);
  const length = end - start + 1;
  traffic.requests++;
  if (request.method !== "HEAD") traffic.bytes += length;
  setTimeout(() => {
    response.writeHead(range === null ? 200 : 206, {
      "accept-ranges": "bytes",
      "content-length": length,
      etag: `"${size}-${mtime.getTime()}"`,
      ...(range === null ? {} : { "content-range": `bytes ${start}-${end}/${size}` }),
    });
    if (request.method === "HEAD") response.end();
    else createReadStream(path, { start, end, highWaterMark: 1 << 20 }).pipe(response);
  }, Number(latency));
});

process.on("message", () => {
  process.send({ ...traffic });
  traffic.requests = 0;
  traffic.bytes = 0;
});
process.on("disconnect", () => process.exit(0));
server.listen(0, "127.0.0.1", () => process.send(`http://127.0.0.1:${server.address().port}`));
