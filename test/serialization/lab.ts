/** The classes of the files in golden-files/jangada. */

import type { NDArray } from "../../src/format/index.js";
import { Persistable, property, Serializable } from "../../src/serialization/index.js";

const any = () => property<unknown>();
const array = () => property<NDArray>();

export class Arrays extends Persistable.define("lab.alpha.Arrays", {
  f8: array(),
  f4: array(),
  i8: array(),
  i1: array(),
  u2: array(),
  u8: array(),
  b: array(),
  c16: array(),
  matrix: array(),
  cube: array(),
  scalar: array(),
  bigendian: array(),
  strings_fixed: array(),
  empty1: array(),
  f2: array(),
}) {}

export class Experiment extends Persistable.define("lab.alpha.Experiment", {
  name: property({ default: "" }),
  temperature: property({ default: 293.15 }),
  data: array(),
}) {}

export class Measurement extends Serializable.define("lab.alpha.Measurement", {
  timestamp: any(),
  value: property({ default: 0 }),
}) {}

export class Multi extends Persistable.define("lab.alpha.Multi", {
  name: property({ default: "" }),
  measurements: any(),
  metadata: any(),
}) {}

export class Mixed extends Persistable.define("lab.alpha.Mixed", {
  integer: any(),
  negative: any(),
  big: any(),
  floating: any(),
  boolean: any(),
  cplx: any(),
  string: any(),
  unicode: any(),
  empty: any(),
  path: any(),
  none: any(),
  items: any(),
  table: any(),
  emptyList: any(),
  emptyDict: any(),
}) {}

export class Component extends Serializable.define("lab.alpha.Component", {
  name: property({ default: "" }),
  value: property({ default: 0 }),
}) {}

export class Subsystem extends Serializable.define("lab.alpha.Subsystem", {
  name: property({ default: "" }),
  components: any(),
}) {}

export class System extends Persistable.define("lab.alpha.System", {
  name: property({ default: "" }),
  subsystems: any(),
}) {}

export class Times extends Persistable.define("lab.alpha.Times", {
  naive: any(),
  utc: any(),
  tz: any(),
  index_naive: any(),
  index_tz: any(),
}) {}

export const labClasses = [Arrays, Experiment, Multi, Mixed, System, Times] as const;
for (const type of [...labClasses, Measurement, Component, Subsystem]) type.register();
