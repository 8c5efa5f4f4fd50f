/** The synchronous and the asynchronous face of the library as one interface, so that each test can run with both. */

import type {
  AttributeOptions,
  CommittedDatatype,
  CreateOptions,
  Dataset,
  DatasetOptions,
  DType,
  Group,
  GroupOptions,
  HDF5File,
  HDF5Object,
  Link,
  ObjectReference,
  OpenOptions,
  RegionReference,
  Selection,
  Source,
} from "../../src/format/index.js";
import { create, createSync, open, openSync } from "../../src/format/index.js";

type Awaitable<Value> = Value | Promise<Value>;

export interface Face {
  readonly name: "sync" | "async";
  open(source: Source, options?: OpenOptions): Awaitable<HDF5File>;
  create(target?: string, options?: CreateOptions): Awaitable<HDF5File>;
  flush(file: HDF5File): Awaitable<void>;
  close(file: HDF5File): Awaitable<void>;
  abandon(file: HDF5File): Awaitable<void>;
  get(group: Group, path: string): Awaitable<HDF5Object>;
  has(group: Group, path: string): Awaitable<boolean>;
  keys(group: Group): Awaitable<string[]>;
  links(group: Group): Awaitable<Link[]>;
  createGroup(group: Group, path: string, options?: GroupOptions): Awaitable<Group>;
  createDataset(group: Group, path: string, options: DatasetOptions): Awaitable<Dataset>;
  commitDatatype(group: Group, path: string, dtype: DType): Awaitable<CommittedDatatype>;
  createSoftLink(group: Group, path: string, target: string): Awaitable<void>;
  createExternalLink(group: Group, path: string, file: string, target: string): Awaitable<void>;
  createHardLink(group: Group, path: string, object: HDF5Object): Awaitable<void>;
  delete(group: Group, path: string): Awaitable<void>;
  dereference(file: HDF5File, reference: ObjectReference | RegionReference): Awaitable<HDF5Object>;
  read(dataset: Dataset, selection?: Selection): Awaitable<unknown>;
  write(dataset: Dataset, value: unknown, selection?: Selection): Awaitable<void>;
  append(dataset: Dataset, value: unknown, axis?: number): Awaitable<void>;
  resize(dataset: Dataset, shape: readonly number[]): Awaitable<void>;
  attributes(object: HDF5Object): Awaitable<string[]>;
  attribute(object: HDF5Object, name: string): Awaitable<unknown>;
  setAttribute(object: HDF5Object, name: string, value: unknown, options?: AttributeOptions): Awaitable<void>;
  deleteAttribute(object: HDF5Object, name: string): Awaitable<void>;
}

export const asyncFace: Face = {
  name: "async",
  open: (source, options) => open(source, options),
  create: (target, options) => create(target, options),
  flush: (file) => file.flush(),
  close: (file) => file.close(),
  abandon: (file) => file.abandon(),
  get: (group, path) => group.get(path),
  has: (group, path) => group.has(path),
  keys: (group) => group.keys(),
  links: (group) => group.links(),
  createGroup: (group, path, options) => group.createGroup(path, options),
  createDataset: (group, path, options) => group.createDataset(path, options),
  commitDatatype: (group, path, dtype) => group.commitDatatype(path, dtype),
  createSoftLink: (group, path, target) => group.createSoftLink(path, target),
  createExternalLink: (group, path, file, target) => group.createExternalLink(path, file, target),
  createHardLink: (group, path, object) => group.createHardLink(path, object),
  delete: (group, path) => group.delete(path),
  dereference: (file, reference) => file.dereference(reference),
  read: (dataset, selection) => dataset.read(selection),
  write: (dataset, value, selection) => dataset.write(value, selection),
  append: (dataset, value, axis) => dataset.append(value, { axis }),
  resize: (dataset, shape) => dataset.resize(shape),
  attributes: (object) => object.attrs.keys(),
  attribute: (object, name) => object.attrs.get(name),
  setAttribute: (object, name, value, options) => object.attrs.set(name, value, options),
  deleteAttribute: (object, name) => object.attrs.delete(name),
};

export const syncFace: Face = {
  name: "sync",
  open: (source, options) => openSync(source, options),
  create: (target, options) => createSync(target, options),
  flush: (file) => file.flushSync(),
  close: (file) => file.closeSync(),
  abandon: (file) => file.abandonSync(),
  get: (group, path) => group.getSync(path),
  has: (group, path) => group.hasSync(path),
  keys: (group) => group.keysSync(),
  links: (group) => group.linksSync(),
  createGroup: (group, path, options) => group.createGroupSync(path, options),
  createDataset: (group, path, options) => group.createDatasetSync(path, options),
  commitDatatype: (group, path, dtype) => group.commitDatatypeSync(path, dtype),
  createSoftLink: (group, path, target) => group.createSoftLinkSync(path, target),
  createExternalLink: (group, path, file, target) => group.createExternalLinkSync(path, file, target),
  createHardLink: (group, path, object) => group.createHardLinkSync(path, object),
  delete: (group, path) => group.deleteSync(path),
  dereference: (file, reference) => file.dereferenceSync(reference),
  read: (dataset, selection) => dataset.readSync(selection),
  write: (dataset, value, selection) => dataset.writeSync(value, selection),
  append: (dataset, value, axis) => dataset.appendSync(value, { axis }),
  resize: (dataset, shape) => dataset.resizeSync(shape),
  attributes: (object) => object.attrs.keysSync(),
  attribute: (object, name) => object.attrs.getSync(name),
  setAttribute: (object, name, value, options) => object.attrs.setSync(name, value, options),
  deleteAttribute: (object, name) => object.attrs.deleteSync(name),
};

export const faces: readonly Face[] = [syncFace, asyncFace];

export async function dataset(face: Face, group: Group, path: string): Promise<Dataset> {
  const object = await face.get(group, path);
  if (object.kind !== "dataset") throw new Error(`${path} is a ${object.kind}`);
  return object;
}

export async function group(face: Face, parent: Group, path: string): Promise<Group> {
  const object = await face.get(parent, path);
  if (object.kind !== "group") throw new Error(`${path} is a ${object.kind}`);
  return object;
}
