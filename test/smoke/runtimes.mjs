import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { basename, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundlePage, bundleSuite, bundleWorkers } from "./bundle.mjs";

const local = fileURLToPath(new URL("./local.mjs", import.meta.url));
const commandLine = fileURLToPath(new URL("./command-line.mjs", import.meta.url));
const goldenFiles = fileURLToPath(new URL("../../golden-files", import.meta.url));
const binaries = fileURLToPath(new URL("../../node_modules/.bin", import.meta.url));
const require = createRequire(import.meta.url);

/** A runtime that is not installed here. */
export class MissingRuntime extends Error {}

function requirePackage(name) {
  try {
    require.resolve(`${name}/package.json`);
  } catch {
    throw new MissingRuntime(`the package ${name} is not installed`);
  }
}

function runLocal(command, args) {
  const { stdout, stderr, status, error } = spawnSync(command, args, { encoding: "utf8", timeout: 120_000 });
  if (error !== undefined) throw error;
  const line = stdout.trim().split("\n").at(-1) ?? "";
  if (status !== 0 || !line.startsWith("[")) throw new Error(`exit status ${status}\n${stdout}\n${stderr}`);
  return JSON.parse(line);
}

function packagedBinary(name) {
  const path = join(binaries, name);
  if (!existsSync(path)) throw new MissingRuntime(`${name} is not installed`);
  return path;
}

/** The suite's results in workerd, without a file system and without compatibility flags for Node. */
async function runWorkerd() {
  requirePackage("miniflare");
  const { Miniflare } = await import("miniflare");
  const script = await bundleSuite("export default { fetch: async () => Response.json(await run()) };");
  const miniflare = new Miniflare({ modules: true, script, compatibilityDate: "2026-01-01" });
  try {
    const response = await miniflare.dispatchFetch("http://localhost/");
    const body = await response.text();
    if (!response.ok) throw new Error(body);
    return JSON.parse(body);
  } finally {
    await miniflare.dispose();
  }
}

const browserPaths = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
const browserFlags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** What a page answers to `smokeResults` once `load` has brought it to define that. */
async function inChromium(load) {
  requirePackage("playwright-core");
  const executablePath = process.env.CHROMIUM ?? browserPaths.find((path) => existsSync(path));
  if (executablePath === undefined) throw new MissingRuntime("no Chromium is installed; CHROMIUM may name one");
  const { chromium } = await import("playwright-core");
  const browser = await chromium.launch({ executablePath, args: browserFlags });
  try {
    const page = await browser.newPage();
    const problems = [];
    page.on("pageerror", (error) => problems.push(error));
    await load(page);
    await page
      .waitForFunction(() => "smokeResults" in globalThis, undefined, { timeout: 30_000 })
      .catch((error) => {
        throw problems[0] ?? error;
      });
    return await page.evaluate(() => globalThis.smokeResults);
  } finally {
    await browser.close();
  }
}

async function runChromium() {
  const script = await bundleSuite("globalThis.smokeResults = run();");
  return inChromium((page) => page.addScriptTag({ type: "module", content: script }));
}

const pageOrigin = "http://smoke.test";

/** What a server that knows byte ranges answers. */
function rangeOf(bytes, header) {
  const range = /^bytes=(\d+)-(\d*)$/.exec(header ?? "");
  if (range === null) return { status: 200, body: bytes, headers: { "accept-ranges": "bytes" } };
  const start = Number(range[1]);
  const end = range[2] === "" ? bytes.length - 1 : Math.min(Number(range[2]), bytes.length - 1);
  const headers = { "accept-ranges": "bytes", "content-range": `bytes ${start}-${end}/${bytes.length}` };
  return { status: 206, body: bytes.subarray(start, end + 1), headers };
}

/** The results of a page in Chromium that loads the package in pieces and the golden files by ranges. */
async function runPage() {
  const files = await bundlePage();
  const requested = [];
  return inChromium(async (page) => {
    await page.exposeFunction("requestedScripts", () => requested);
    await page.route(`${pageOrigin}/**`, (route) => {
      const name = basename(new URL(route.request().url()).pathname);
      if (name.endsWith(".js")) requested.push(name);
      const path = `${goldenFiles}/${name}`;
      const bytes = files.get(name) ?? (existsSync(path) ? readFileSync(path) : null);
      if (bytes === null) return route.fulfill({ status: 404 });
      const contentType = { ".html": "text/html", ".js": "text/javascript" }[extname(name)];
      return route.fulfill({ ...rangeOf(bytes, route.request().headers().range), contentType });
    });
    await page.goto(`${pageOrigin}/index.html`);
  });
}

/** The results of a worker and of a service worker in Chromium, which load nothing on demand. */
async function runWorkers() {
  const files = await bundleWorkers();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const path = `${goldenFiles}/${basename(pathname)}`;
    const bytes = files.get(pathname) ?? (pathname.endsWith(".h5") && existsSync(path) ? readFileSync(path) : null);
    const { status, body, headers } =
      bytes === null ? { status: 404, body: "", headers: {} } : rangeOf(bytes, request.headers.range);
    const type = pathname.endsWith(".js") ? "text/javascript" : pathname === "/" ? "text/html" : "application/x-hdf5";
    response.writeHead(status, { ...headers, "content-type": type, "content-length": body.length });
    response.end(request.method === "HEAD" ? undefined : body);
  });
  await new Promise((resolve) => server.listen(0, "localhost", resolve));
  try {
    return await inChromium((page) => page.goto(`http://localhost:${server.address().port}/`));
  } finally {
    server.close();
  }
}

/** Each runtime's name and how to get the suite's results from it. */
export const runtimes = {
  node: async () => runLocal(process.execPath, [local]),
  deno: async () => runLocal(packagedBinary("deno"), ["run", "-A", "--no-lock", local]),
  bun: async () => runLocal(packagedBinary("bun"), [local]),
  "command-line": async () => runLocal(process.execPath, [commandLine]),
  workerd: runWorkerd,
  chromium: runChromium,
  page: runPage,
  workers: runWorkers,
};
