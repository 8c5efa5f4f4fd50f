import type { CompoundMember, Datatype } from "./datatype.js";

/**
 * Oldest message version that can hold the datatype: 1, or 2 for arrays, 3 for VAX byte order, 4 for standard
 * references and 5 for complex numbers, anywhere within it.
 */
export function minimalDatatypeVersion(datatype: Datatype): number {
  const own = ownDatatypeVersion(datatype);
  if (datatype.class === "compound") {
    return datatype.members.reduce((least, member) => Math.max(least, minimalDatatypeVersion(member.datatype)), own);
  }
  return "base" in datatype ? Math.max(own, minimalDatatypeVersion(datatype.base)) : own;
}

/** Oldest message version that has the datatype itself, whatever it is made of. */
export function ownDatatypeVersion(datatype: Datatype): number {
  switch (datatype.class) {
    case "array":
      return 2;
    case "float":
      return datatype.byteOrder === "vax" ? 3 : 1;
    case "reference":
      return datatype.referenceKind === "object" || datatype.referenceKind === "region" ? 1 : 4;
    case "complex":
      return 5;
    default:
      return 1;
  }
}

/**
 * The datatype at `version`, or at the oldest version that can hold it.
 *
 * Only compounds, arrays and enumerations change their form with the version. The other classes get the oldest one
 * that they need, and no type is older than those it is made of: libhdf5 versions its types the same way.
 */
export function withDatatypeVersion(datatype: Datatype, version: number): Datatype {
  switch (datatype.class) {
    case "compound": {
      const least = Math.max(version, minimalDatatypeVersion(datatype));
      const members = datatype.members.map(
        (member): CompoundMember => ({ ...member, datatype: withDatatypeVersion(member.datatype, least) }),
      );
      return { ...datatype, version: least, members };
    }
    case "enum":
    case "array": {
      const least = Math.max(version, minimalDatatypeVersion(datatype));
      return { ...datatype, version: least, base: withDatatypeVersion(datatype.base, least) };
    }
    case "variable-length":
    case "complex": {
      const base = withDatatypeVersion(datatype.base, version);
      return { ...datatype, version: Math.max(ownDatatypeVersion(datatype), base.version), base };
    }
    default:
      return { ...datatype, version: ownDatatypeVersion(datatype) };
  }
}

/** Whether elements refer to the global heap through variable-length data. */
export function containsVariableLength(datatype: Datatype): boolean {
  return contains(datatype, "variable-length");
}

/** Whether elements hold references. */
export function containsReference(datatype: Datatype): boolean {
  return contains(datatype, "reference");
}

/** Whether elements hold the references of HDF5 1.12. */
export function containsStandardReference(datatype: Datatype): boolean {
  return some(datatype, (part) => part.class === "reference" && ownDatatypeVersion(part) === 4);
}

/**
 * Whether numbers leave more than half of their bits unused. HDF5 2 takes them for damage where no checksum says
 * otherwise, that is in object headers of version 1.
 */
export function hasManyUnusedBits(datatype: Datatype): boolean {
  return some(
    datatype,
    (part) => "bitOffset" in part && part.size > 1 && 2 * (part.bitOffset + part.precision) < 8 * part.size,
  );
}

function contains(datatype: Datatype, searched: Datatype["class"]): boolean {
  return some(datatype, (part) => part.class === searched);
}

/** Whether the datatype or one that it is made of passes a test. */
function some(datatype: Datatype, test: (part: Datatype) => boolean): boolean {
  if (test(datatype)) return true;
  if (datatype.class === "compound") return datatype.members.some((member) => some(member.datatype, test));
  return "base" in datatype && some(datatype.base, test);
}

/** Whether two datatypes describe the same elements in the same words, whatever versions they are stored with. */
export function datatypesEqual(first: Datatype, second: Datatype): boolean {
  return equal(first, second);
}

/** Compares plain records by value, without the fields `version`. */
function equal(first: unknown, second: unknown): boolean {
  if (first === second) return true;
  if (typeof first !== "object" || typeof second !== "object" || first === null || second === null) return false;
  if (first instanceof Uint8Array || Array.isArray(first)) {
    if (!(second instanceof Uint8Array || Array.isArray(second)) || first.length !== second.length) return false;
    for (let index = 0; index < first.length; index++) if (!equal(first[index], second[index])) return false;
    return true;
  }
  const others = new Map(Object.entries(second));
  others.delete("version");
  let matched = 0;
  for (const [key, value] of Object.entries(first)) {
    if (key === "version") continue;
    if (!others.has(key) || !equal(value, others.get(key))) return false;
    matched++;
  }
  return matched === others.size;
}
