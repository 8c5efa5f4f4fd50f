import { cpus, totalmem } from "node:os";

/** Order of the columns. */
export const libraries = ["jangada", "h5wasm", "jsfive", "h5py", "raw read"];

/** The machine and the versions that a result holds for. */
export function describeMachine(h5pyVersion, packageVersions) {
  const processors = cpus();
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    processors: `${processors.length} × ${processors[0]?.model.trim() ?? "unknown"}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    h5py: h5pyVersion,
    ...packageVersions,
  };
}

function secondsText(seconds) {
  if (seconds >= 1) return seconds.toFixed(2);
  return seconds >= 0.1 ? seconds.toFixed(3) : seconds.toFixed(4);
}

/** What went over the network, where a case counts it. */
function trafficText(measured) {
  const counted = Object.entries(measured).filter(([, [run]]) => run.traffic !== undefined);
  if (counted.length === 0) return "";
  const texts = counted.map(([library, [{ traffic }]]) => {
    const { requests, bytes } = traffic;
    return `${library}: ${requests} ${requests === 1 ? "request" : "requests"}, ${(bytes / 1e6).toFixed(2)} MB`;
  });
  return ` (${texts.join("; ")})`;
}

/** One row per case: medians of the first run in a fresh process and of the later runs, and ratios to jangada. */
export function tableRows(results) {
  return results.map(({ title, medians, measured }) => {
    const cells = libraries.map((library) => {
      const median = medians[library];
      return median === undefined ? "–" : `${secondsText(median.first)} / ${secondsText(median.warm)}`;
    });
    const ratios = ["h5wasm", "h5py"].map((library) => {
      if (medians[library] === undefined || medians.jangada === undefined) return "–";
      const ratio = (key) => (medians[library][key] / medians.jangada[key]).toFixed(2);
      return `${ratio("first")} / ${ratio("warm")}`;
    });
    return [title + trafficText(measured), ...cells, ...ratios];
  });
}

/** A table in Markdown. */
export function markdownTable(results) {
  const head = ["seconds, first / warm", ...libraries, "h5wasm ÷ jangada", "h5py ÷ jangada"];
  const rows = [head, head.map(() => "---"), ...tableRows(results)];
  return rows.map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** The text of docs/BENCHMARKS.md. */
/** How many processes the figures are medians of. */
function processes(results) {
  const counts = [...new Set(results.map(({ measured }) => measured.jangada.length))].sort((a, b) => a - b);
  return counts.length === 1 ? `${counts[0]} repetitions` : `${counts[0]} to ${counts.at(-1)} repetitions`;
}

export function benchmarksPage(machine, results) {
  const facts = Object.entries(machine).map(([name, value]) => `- ${name}: ${value}`);
  return `# Benchmarks

Printed by \`npm run bench -- --write-docs\`, which makes the input files, runs every library on the same files in the
same run, and requires that all of them saw or wrote the same values.

${facts.join("\n")}

Each figure is the median of ${processes(results)} in fresh processes: the first run in the process, then the median of
those after it, 2 or as many as take two seconds (h5py: 2). Loading the library (and compiling h5wasm's module) is not
counted; opening the file is. The files are in the page cache. "raw read" is one system call that reads as many bytes into
new memory. A ratio above 1 means that jangada is faster. A dash: the library cannot do it, or the case says nothing about
it. jsfive loads the whole file; h5wasm takes one filter per dataset, and for a file behind HTTP its figure is that of
fetching the whole file from a server on the same machine, whose bandwidth no network has.

${markdownTable(results)}
`;
}
