/** Five versions of a class, and the migrations between them: nothing in here is cast. */

import { migrate, ndarray, Persistable, property } from "../../src/index.js";

/** What version 4 split the readings into. */
export class Channel extends Persistable.define("versions.Channel", {
  label: property({ default: "" }),
  values: property.array("float64"),
}) {}

export class Station extends Persistable.define(
  "versions.Station",
  {
    // 1: "title"; from 2 on "name".
    name: property({ default: "", aliases: ["title"] }),
    // 1: fahrenheit; from 2 on celsius.
    celsius: property({ default: 0, type: "float64" }),
    // 1 and 2: "latitude" and "longitude"; from 3 on merged.
    position: property.array("float64"),
    // 1 to 3: "first" and "second" in one "readings"; from 4 on channels.
    channels: property.listOf(() => Channel),
    // 1 to 4: "color" too, dropped in 5.
    note: property({ default: "" }),
  },
  {
    version: 5,
    unknown: "keep",
    migrate: {
      1: (tree) => {
        tree["celsius"] = ((Number(tree["fahrenheit"]) - 32) * 5) / 9;
        delete tree["fahrenheit"];
      },
      2: ({ latitude, longitude, ...rest }) => ({ ...rest, position: ndarray([Number(latitude), Number(longitude)]) }),
      3: (tree) => {
        const { readings } = tree;
        delete tree["readings"];
        if (typeof readings !== "object" || readings === null) return;
        tree["channels"] = Object.entries(readings).map(([label, values]: [string, unknown]) => ({
          __class__: "versions.Channel",
          label,
          values,
        }));
      },
      4: ({ color: _, ...rest }) => rest,
    },
  },
) {}

export async function bringUpToDate(path: string): Promise<readonly string[]> {
  const planned = await migrate(path, { dryRun: true });
  await migrate(path);
  return planned.map(({ className, versions: [change] }) => `${className}: ${change?.from} to ${change?.to}`);
}
