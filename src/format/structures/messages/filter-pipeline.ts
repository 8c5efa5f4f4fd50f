import { corrupt, invalidArgument, unsupported } from "../../errors.js";
import type { ByteReader } from "../byte-reader.js";
import type { ByteWriter } from "../byte-writer.js";
import { decodeText, encodeText } from "../text.js";

/** One filter of a pipeline. */
export interface FilterDescription {
  /** Registered filter identifier. */
  readonly id: number;
  /** Stored name, empty where none is. */
  readonly name: string;
  /** Bit 0 of the flags: a chunk that the filter cannot process is stored without it. */
  readonly optional: boolean;
  /** Unsigned 32-bit client data. */
  readonly clientData: readonly number[];
}

/** Filters in the order applied on writing (specification IV.A.2.l, "The Data Storage - Filter Pipeline Message"). */
export interface FilterPipeline {
  readonly version: number;
  readonly filters: readonly FilterDescription[];
}

const maxFilters = 32;
const maxField = 0xffff;
/** From version 2 on, filters below this identifier have no name field. */
const firstNamedFilter = 256;
const isOptional = 0x0001;

/** Decodes the filter pipeline message (0x000B), versions 1 and 2. */
export function decodeFilterPipeline(reader: ByteReader): FilterPipeline {
  const start = reader.offset;
  const version = reader.u8();
  if (version !== 1 && version !== 2) throw unsupported(`version ${version} of the filter pipeline message`, start);
  const count = reader.u8();
  if (count > maxFilters)
    throw corrupt(`a pipeline has ${count} filters, at most ${maxFilters} are possible`, start + 1);
  if (version === 1) reader.skip(6);
  const filters: FilterDescription[] = [];
  for (let index = 0; index < count; index++) filters.push(decodeFilter(reader, version));
  return { version, filters };
}

function decodeFilter(reader: ByteReader, version: number): FilterDescription {
  const start = reader.offset;
  const id = reader.u16();
  const nameLength = version === 1 || id >= firstNamedFilter ? reader.u16() : 0;
  if (version === 1 && nameLength % 8 !== 0) {
    throw corrupt(`the length ${nameLength} of a filter's name is not a multiple of 8`, start + 2);
  }
  const flags = reader.u16();
  const valueCount = reader.u16();
  const nameField = reader.take(nameLength);
  const terminator = nameField.indexOf(0);
  const name = decodeText(terminator < 0 ? nameField : nameField.subarray(0, terminator));
  const values = reader.slice(valueCount * 4);
  const clientData: number[] = [];
  for (let index = 0; index < valueCount; index++) clientData.push(values.u32());
  // The last filter's padding may have been cut off.
  if (version === 1 && valueCount % 2 !== 0) reader.skip(Math.min(4, reader.remaining));
  return { id, name, optional: (flags & isOptional) !== 0, clientData };
}

/** Encodes the filter pipeline message (0x000B), versions 1 and 2. */
export function encodeFilterPipeline(writer: ByteWriter, pipeline: FilterPipeline): void {
  const { version, filters } = pipeline;
  if (version !== 1 && version !== 2) {
    throw invalidArgument(`a filter pipeline message has version 1 or 2, not ${version}`);
  }
  if (filters.length > maxFilters) throw invalidArgument(`a pipeline has at most ${maxFilters} filters`);
  writer.u8(version);
  writer.u8(filters.length);
  if (version === 1) writer.fill(0, 6);
  for (const filter of filters) encodeFilter(writer, version, filter);
}

function encodeFilter(writer: ByteWriter, version: number, filter: FilterDescription): void {
  const { id, name, clientData } = filter;
  if (id > maxField || clientData.length > maxField) {
    throw invalidArgument(`filter ${id} with ${clientData.length} client data values cannot be stored`);
  }
  const hasName = version === 1 || id >= firstNamedFilter;
  const nameBytes = hasName ? encodeText(name) : new Uint8Array();
  const terminated = nameBytes.length === 0 ? 0 : nameBytes.length + 1;
  const nameLength = version === 1 ? Math.ceil(terminated / 8) * 8 : terminated;
  if (nameLength > maxField) throw invalidArgument(`the name of filter ${id} is too long`);
  writer.u16(id);
  if (hasName) writer.u16(nameLength);
  writer.u16(filter.optional ? isOptional : 0);
  writer.u16(clientData.length);
  writer.bytes(nameBytes);
  writer.fill(0, nameLength - nameBytes.length);
  for (const value of clientData) writer.u32(value);
  if (version === 1 && clientData.length % 2 !== 0) writer.u32(0);
}
