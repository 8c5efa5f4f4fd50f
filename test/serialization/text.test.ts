import { describe, expect, it } from "vitest";
import { openSync, UndecodableString } from "../../src/format/index.js";
import { Persistable, property, TypedScalar } from "../../src/serialization/index.js";

class Sensor extends Persistable.define("test.Sensor", {
  unit: property({ default: "" }),
  name: property({ default: "" }),
}) {}

/** A sensor whose unit was written by an instrument: degree Celsius in Latin-1. */
function fromInstrument(): Uint8Array {
  const file = openSync(new Sensor({ unit: "?", name: "T1" }).toBytesSync(), { mode: "r+" });
  const bytes = Uint8Array.of(0xb0, 0x43);
  file.getSync("root").attrs.setSync("unit", bytes, { dtype: { kind: "string", length: 2, characterSet: "ascii" } });
  file.closeSync();
  return file.bytes();
}

describe("an object with text that is not UTF-8", () => {
  it("is loaded as the file is to be read", () => {
    const sensor = Sensor.loadSync(fromInstrument(), { strings: "latin1" });
    expect([sensor.unit, sensor.name]).toEqual(["°C", "T1"]);
    const opened = Sensor.openSync(fromInstrument(), { strings: "replace" });
    expect(opened.unit).toBe("\ufffdC");
    opened.closeSync();
  });

  it("is loaded whole by default, and saved as it was", () => {
    const sensor = Sensor.loadSync(fromInstrument());
    const unit: unknown = sensor.unit;
    expect(unit).toBeInstanceOf(TypedScalar);
    expect(unit).toMatchObject({ value: new UndecodableString(Uint8Array.of(0xb0, 0x43)) });
    const { attrs } = openSync(sensor.toBytesSync()).getSync("root");
    expect(attrs.readRawSync("unit").bytes).toEqual(Uint8Array.of(0xb0, 0x43));
    expect(attrs.infoSync("unit").dtype).toMatchObject({ kind: "string", length: 2, characterSet: "ascii" });
  });
});
