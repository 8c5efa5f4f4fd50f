import fc from "fast-check";
import type { Dataspace } from "../../src/format/structures/messages/dataspace.js";
import type { CompoundMember, Datatype } from "../../src/format/structures/messages/datatype.js";
import { withDatatypeVersion } from "../../src/format/structures/messages/datatype.js";

const encoder = new TextEncoder();

/** Names without NUL, in any script. */
export const names = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 12 })
  .filter((name) => !name.includes("\0"));

export const characterSets = fc.constantFrom("ascii" as const, "utf-8" as const);
const paddings = fc.constantFrom("null-terminated" as const, "null-padded" as const, "space-padded" as const);
const bit = fc.constantFrom(0 as const, 1 as const);
const order = fc.constantFrom("little" as const, "big" as const);
const version = 1;

/** `bitOffset` and `precision` within `size` bytes. */
const placed = fc.integer({ min: 1, max: 16 }).chain((size) =>
  fc.integer({ min: 0, max: 8 * size - 1 }).chain((bitOffset) =>
    fc.record({
      size: fc.constant(size),
      bitOffset: fc.constant(bitOffset),
      precision: fc.integer({ min: 1, max: 8 * size - bitOffset }),
      lowPadding: bit,
      highPadding: bit,
      byteOrder: order,
    }),
  ),
);

const numbers: fc.Arbitrary<Datatype> = fc.oneof(
  fc.tuple(placed, fc.boolean()).map(([fields, signed]) => ({ class: "integer" as const, version, ...fields, signed })),
  placed.map((fields) => ({ class: "bitfield" as const, version, ...fields })),
  fc.tuple(order, fc.integer({ min: 1, max: 64 })).map(([byteOrder, precision]) => ({
    class: "time" as const,
    version,
    size: 8,
    byteOrder,
    precision,
  })),
);

const floats = fc
  .record({
    byteOrder: fc.constantFrom("little" as const, "big" as const, "vax" as const),
    normalization: fc.constantFrom("none" as const, "msb-set" as const, "implied" as const),
    lowPadding: bit,
    highPadding: bit,
    internalPadding: bit,
    exponentBias: fc.integer({ min: 0, max: 0xffffffff }),
    signPosition: fc.integer({ min: 0, max: 31 }),
    exponentSize: fc.integer({ min: 1, max: 8 }),
    mantissaSize: fc.integer({ min: 1, max: 23 }),
  })
  .map((fields) => ({
    class: "float" as const,
    version,
    size: 4,
    bitOffset: 0,
    precision: 32,
    exponentPosition: 23,
    mantissaPosition: 0,
    ...fields,
  }));

const leaves: fc.Arbitrary<Datatype> = fc.oneof(
  numbers,
  floats,
  fc
    .record({ size: fc.integer({ min: 1, max: 70000 }), padding: paddings, characterSet: characterSets })
    .map((fields) => ({ class: "string" as const, version, ...fields })),
  fc.string({ unit: "grapheme-ascii", maxLength: 40 }).map((tag) => ({
    class: "opaque" as const,
    version,
    size: 3,
    tag,
    tagBytes: encoder.encode(tag),
  })),
  fc
    .constantFrom("object", "region", "standard-object", "standard-region", "standard-attribute")
    .map((referenceKind) => ({ class: "reference" as const, version, size: 12, referenceKind }) as Datatype),
);

function compoundOf(parts: readonly (readonly [string, Datatype, number])[]): Datatype {
  const members: CompoundMember[] = [];
  let size = 0;
  for (const [name, datatype, gap] of parts) {
    members.push({ name, nameBytes: encoder.encode(name), offset: size + gap, datatype });
    size += gap + datatype.size;
  }
  return { class: "compound", version, size, members };
}

const { datatype } = fc.letrec<{ datatype: Datatype }>((tie) => ({
  datatype: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaves,
    fc
      .array(fc.tuple(names, tie("datatype"), fc.integer({ min: 0, max: 9 })), { minLength: 1, maxLength: 4 })
      .map(compoundOf),
    fc.tuple(fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }), tie("datatype")).map(
      ([dimensions, base]): Datatype => ({
        class: "array",
        version,
        size: dimensions.reduce((product, dimension) => product * dimension, base.size),
        dimensions,
        base,
      }),
    ),
    fc.tuple(tie("datatype"), fc.boolean(), paddings, characterSets).map(
      ([base, isString, padding, characterSet]): Datatype => ({
        class: "variable-length",
        version,
        size: 16,
        content: isString ? "string" : "sequence",
        padding: isString ? padding : "null-terminated",
        characterSet: isString ? characterSet : "ascii",
        base,
      }),
    ),
    fc.tuple(numbers, fc.array(names, { maxLength: 4 })).map(
      ([base, memberNames]): Datatype => ({
        class: "enum",
        version,
        size: base.size,
        base,
        members: memberNames.map((name, index) => ({
          name,
          nameBytes: encoder.encode(name),
          valueBytes: new Uint8Array(base.size).fill(index),
        })),
      }),
    ),
    floats.map((base): Datatype => ({ class: "complex", version, size: 2 * base.size, base })),
  ),
}));

/** Datatypes of every class, nested, at a version that can hold them. */
export const datatypes = fc
  .tuple(datatype, fc.integer({ min: 1, max: 5 }))
  .map(([type, wanted]) => withDatatypeVersion(type, wanted));

const dimensionPairs = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 2 ** 40 }), fc.option(fc.integer({ min: 0, max: 2 ** 40 }))),
  { minLength: 1, maxLength: 5 },
);

export const dataspaces: fc.Arbitrary<Dataspace> = fc.oneof(
  fc.tuple(fc.constantFrom(1, 2), dimensionPairs).map(
    ([spaceVersion, pairs]): Dataspace => ({
      version: spaceVersion,
      kind: "simple",
      dimensions: pairs.map(([dimension]) => dimension),
      maxDimensions: pairs.map(([, maximum]) => maximum),
    }),
  ),
  fc
    .constantFrom(1, 2)
    .map((spaceVersion): Dataspace => ({ version: spaceVersion, kind: "scalar", dimensions: [], maxDimensions: [] })),
  fc.constant<Dataspace>({ version: 2, kind: "null", dimensions: [], maxDimensions: [] }),
);
