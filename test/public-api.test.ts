import { describe, expect, it } from "vitest";
import * as format from "../src/format/index.js";
import * as everything from "../src/index.js";
import * as serialization from "../src/serialization/index.js";

const names = (module: object) => Object.keys(module).sort();

describe("the public API", () => {
  it("of jangada/format is this", () => {
    expect(names(format)).toMatchInlineSnapshot(`
      [
        "AttributeReference",
        "Attributes",
        "CommittedDatatype",
        "ComplexArray",
        "CompoundArray",
        "Dataset",
        "Group",
        "HDF5Error",
        "HDF5File",
        "ObjectReference",
        "RegionReference",
        "UndecodableString",
        "UnreadableReference",
        "UnsupportedFeatureError",
        "convertNumbers",
        "coordinates",
        "create",
        "createSync",
        "directoryResolver",
        "enumNames",
        "formatDType",
        "isNDArray",
        "mask",
        "ndarray",
        "open",
        "openSync",
        "points",
        "registerFilter",
        "revive",
        "slice",
      ]
    `);
  });

  it("of jangada/serialization is this", () => {
    expect(names(serialization)).toMatchInlineSnapshot(`
      [
        "Complex",
        "DatetimeIndex",
        "FilePath",
        "Persistable",
        "ProxyDataset",
        "Serializable",
        "Timestamp",
        "TypedScalar",
        "UnregisteredDataset",
        "classVersions",
        "ellipsis",
        "info",
        "infoSync",
        "load",
        "loadSync",
        "migrate",
        "migrateSync",
        "property",
        "registerDatasetType",
        "registerPrimitiveType",
        "revive",
        "scalar",
        "stored",
        "unregisterDatasetType",
        "unregisterPrimitiveType",
      ]
    `);
  });

  it("of jangada is both", () => {
    expect(names(everything)).toEqual([...new Set([...names(format), ...names(serialization)])].sort());
  });

  it("of the classes of jangada/format is this", () => {
    const members = (prototype: object) =>
      Object.getOwnPropertyNames(prototype)
        .filter((name) => name !== "constructor")
        .sort();
    const classes = {
      HDF5File: format.HDF5File,
      Group: format.Group,
      Dataset: format.Dataset,
      CommittedDatatype: format.CommittedDatatype,
      Attributes: format.Attributes,
    };
    expect(
      Object.fromEntries(Object.entries(classes).map(([name, { prototype }]) => [name, members(prototype).join(" ")])),
    ).toMatchInlineSnapshot(`
      {
        "Attributes": "delete deleteSync entries entriesSync get getSync has hasSync info infoSync infos infosSync keys keysSync readRaw readRawSync set setSync toString",
        "CommittedDatatype": "dtype file toString",
        "Dataset": "append appendSync attachedTo attachedToSync blocks blocksSync chunks datatype dimensions dimensionsSync dtype enumNames externalFiles externalFilesSync file filters isScale isScaleSync layout maxShape nbytes ndim read readInto readIntoSync readRaw readRawFillValue readRawFillValueSync readRawSync readSync regionReference resize resizeSync scaleName scaleNameSync shape size storage storageSync stored toString virtualMappings virtualMappingsSync write writeSync",
        "Group": "commitDatatype commitDatatypeSync createDataset createDatasetSync createExternalLink createExternalLinkSync createGroup createGroupSync createHardLink createHardLinkSync createSoftLink createSoftLinkSync dataset datasetSync delete deleteSync entries entriesSync file get getSync group groupSync has hasSync keys keysSync link linkSync links linksSync requireGroup requireGroupSync toString visit visitSync",
        "HDF5File": "abandon abandonSync bytes close closeSync closed dereference dereferenceSync editObstacle editable file flush flushSync handleOf location objectAt objectAtSync reload reloadSync superblock toString writable",
      }
    `);
  });

  it("names each synchronous method after its asynchronous twin", () => {
    for (const { prototype } of [format.HDF5File, format.Group, format.Dataset, format.Attributes]) {
      const methods = Object.getOwnPropertyNames(prototype);
      for (const name of methods.filter((method) => method.endsWith("Sync"))) {
        expect(methods).toContain(name.slice(0, -"Sync".length));
      }
    }
  });
});
