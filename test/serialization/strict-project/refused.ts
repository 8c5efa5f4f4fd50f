/** What the types refuse. */

import { Persistable, property } from "jangada";
import { Experiment, Measurement, MultiPoint, MyData } from "./seed.js";

export class Wrong extends Persistable.define("refused.Wrong", {
  // @ts-expect-error a default of another type
  name: property<string>({ default: 3 }),
  // @ts-expect-error there is no such option
  other: property({ defualt: 3 }),
  // @ts-expect-error there is no such type
  data: property.array("float63"),
}) {}

export async function refused(): Promise<void> {
  // @ts-expect-error a number is no name
  new Experiment({ name: 3 });
  // @ts-expect-error there is no such property
  new Experiment({ nothing: 3 });
  // @ts-expect-error text is no number
  new Experiment({ data: ["a"] });
  // @ts-expect-error another class
  new MultiPoint({ best: new Experiment() });
  // @ts-expect-error methods are no properties
  await Measurement.load("a", { only: ["doubled"] });
  // @ts-expect-error there is no such property
  await Experiment.load("a", { only: ["dta"] });
  // @ts-expect-error there is no such property
  await Experiment.open("a", { only: ["save"] });
  // @ts-expect-error whole numbers of 64 bits are no float64
  new MyData({ data: BigInt64Array.of(1n) });
  const mine = new MyData();
  // TypeScript has no properties of computed names that are set as one type and read as another.
  // @ts-expect-error an array without a shape goes through the constructor and update()
  mine.data = Float64Array.of(1);
  // @ts-expect-error there is no such property
  mine.update({ dta: 1 });
  const lazy = await Experiment.open("a");
  // @ts-expect-error the array is in the file
  lazy.data?.data;
}
