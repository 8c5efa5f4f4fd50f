import { ByteWriter } from "../../src/format/structures/byte-writer.js";
import type { NewMessage } from "../../src/format/structures/object-header.js";

const sizes = { offsetSize: 8, lengthSize: 8 };

function message(type: number, write: (writer: ByteWriter) => void): NewMessage {
  const writer = new ByteWriter(sizes);
  write(writer);
  return { type, flags: 0, data: writer.finish() };
}

export function symbolTableMessage(btreeAddress: number, heapAddress: number): NewMessage {
  return message(0x11, (writer) => {
    writer.address(btreeAddress);
    writer.address(heapAddress);
  });
}

export function dataspace(dimensions: readonly number[]): NewMessage {
  return message(0x01, (writer) => {
    writer.u8(1);
    writer.u8(dimensions.length);
    writer.u8(dimensions.length === 0 ? 0 : 1);
    writer.fill(0, 5);
    for (const dimension of dimensions) writer.u64(dimension);
    for (const _ of dimensions) writer.fill(0xff, 8);
  });
}

function integer(writer: ByteWriter, size: number, signed: boolean): void {
  writer.u8(0x10);
  writer.u8(signed ? 8 : 0);
  writer.u16(0);
  writer.u32(size);
  writer.u16(0);
  writer.u16(size * 8);
}

export const int32: NewMessage = message(0x03, (writer) => integer(writer, 4, true));

export const variableString: NewMessage = message(0x03, (writer) => {
  writer.u8(0x19);
  writer.u8(1);
  writer.u16(0);
  writer.u32(16);
  integer(writer, 1, false);
});

/** Fill value, defined as the default; `allocation` 2 is late, 3 incremental. */
export function fillValue(allocation: 2 | 3): NewMessage {
  return { type: 0x05, flags: 0, data: Uint8Array.of(2, allocation, 2, 1, 0, 0, 0, 0) };
}

export function compactLayout(data: Uint8Array): NewMessage {
  return message(0x08, (writer) => {
    writer.u8(3);
    writer.u8(0);
    writer.u16(data.length);
    writer.bytes(data);
  });
}

export function contiguousLayout(address: number, size: number): NewMessage {
  return message(0x08, (writer) => {
    writer.u8(3);
    writer.u8(1);
    writer.address(address);
    writer.lengthField(size);
  });
}

export function chunkedLayout(address: number, chunkDimensions: readonly number[], elementSize: number): NewMessage {
  return message(0x08, (writer) => {
    writer.u8(3);
    writer.u8(2);
    writer.u8(chunkDimensions.length + 1);
    writer.address(address);
    for (const dimension of chunkDimensions) writer.u32(dimension);
    writer.u32(elementSize);
  });
}

/** Messages of a scalar int32 dataset. */
export function scalarDataset(value: number): NewMessage[] {
  const data = new Uint8Array(4);
  new DataView(data.buffer).setInt32(0, value, true);
  return [dataspace([]), int32, fillValue(2), compactLayout(data)];
}
