/** Names and targets of links that are too long for a file are refused at once, and do not keep others from being stored. */

import { describe, expect, it } from "vitest";
import { createSync, openSync } from "../../src/format/index.js";
import { failure } from "../support/failure.js";

const longest = "x".repeat(65_500);
const tooLong = `${longest}y`;

describe.each(["default", "earliest"] as const)("links in files of libver %s", (libver) => {
  it("are refused where name and target have more bytes than can be stored", () => {
    const file = createSync(undefined, { libver });
    const refusals = [
      () => file.createGroupSync(tooLong),
      () => file.createGroupSync("é".repeat(32_751)),
      () => file.createGroupSync(`${tooLong}/below`),
      () => file.createDatasetSync(tooLong, { data: [1] }),
      () => file.createSoftLinkSync("soft", tooLong),
      () => file.createSoftLinkSync("1234567", longest),
      () => file.createExternalLinkSync("external", "file.h5", longest),
      () => file.createHardLinkSync(tooLong, file),
      () => file.commitDatatypeSync(tooLong, "int8"),
    ];
    for (const refuse of refusals) {
      expect(failure(refuse)).toMatchObject({ code: "invalid-argument", message: expect.stringContaining("65500") });
    }
    file.createGroupSync("kept");
    file.closeSync();
    expect(openSync(file.bytes()).keysSync()).toEqual(["kept"]);
  });

  it("are stored up to that", () => {
    const file = createSync(undefined, { libver });
    file.createGroupSync(longest);
    file.createSoftLinkSync("s", longest.slice(1));
    file.closeSync();
    const again = openSync(file.bytes());
    expect(again.keysSync().map((name) => name.length)).toEqual([1, 65_500]);
    expect(again.linkSync("s")).toMatchObject({ target: longest.slice(1) });
  });
});
