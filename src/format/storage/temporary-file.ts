import { fileSystem, pathModule, realPath } from "./local-files.js";
import { isGone, processMark } from "./process-mark.js";

/** Names in a directory have at most 255 bytes; so much is kept for what is added to the file's own. */
const longestKept = 120;

/** What the names of temporary files for a file begin and end with; between them is the mark of who made it. */
function nameParts(path: string): { readonly directory: string; readonly start: string; readonly end: string } {
  const { dirname, basename } = pathModule();
  const final = realPath(path);
  const name = basename(final);
  // Shortened by characters of up to four bytes.
  const kept = name.length * 4 > 255 - longestKept ? Array.from(name).slice(0, 30).join("") : name;
  return { directory: dirname(final), start: `.${kept}.`, end: ".tmp" };
}

/**
 * A name that is not in use, in the directory of the file that `path` leads to, so that a rename can replace it. It says
 * which process made it.
 */
export function temporaryPathBeside(path: string): string {
  const { directory, start, end } = nameParts(path);
  return pathModule().join(directory, `${start}${processMark().replace(" ", "@")}${end}`);
}

/** Removes what processes that were killed have left of files that were to take the place of `path`, where it can. */
export function removeLeftovers(path: string): void {
  const fs = fileSystem();
  try {
    const { directory, start, end } = nameParts(path);
    for (const name of fs.readdirSync(directory)) {
      if (!name.startsWith(start) || !name.endsWith(end)) continue;
      const mark = name.slice(start.length, -end.length).replace("@", " ");
      if (isGone(mark) === true) fs.unlinkSync(pathModule().join(directory, name));
    }
  } catch {
    // The directory may not be listed, or the file not be removed: it only takes up space.
  }
}
