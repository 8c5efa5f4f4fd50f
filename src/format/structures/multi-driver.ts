import { corrupt, unsupported } from "../errors.js";
import type { AddressParts } from "./byte-reader.js";
import { ByteReader } from "./byte-reader.js";
import { decodeText } from "./text.js";

/** One file of the multi driver; it holds the addresses from `start` on. */
export interface MultiMember {
  /** Name with `%s` for what the names of all members have in common. */
  readonly template: string;
  readonly start: bigint;
}

/** Kinds of data that the multi driver may keep apart: superblock, B-trees, raw data, global heaps, local heaps, headers. */
const memberKinds = 6;
/** Addresses per member, as counted here. */
const partLength = 2 ** 49;
/** libhdf5 divides all of 2^64 among the members. */
const smallestStart = 2n ** 53n;
const sizes = { offsetSize: 8, lengthSize: 8 };

/** Decodes the driver information of `NCSAmult` (specification II.B): the members in the order of their addresses. */
export function decodeMultiMembers(information: Uint8Array): MultiMember[] {
  const reader = new ByteReader(information, 0, sizes);
  const members = new Set<number>();
  for (let kind = 0; kind < memberKinds; kind++) {
    const stored = reader.u8();
    if (stored > memberKinds)
      throw corrupt(`the multi driver keeps data in the member ${stored}, which does not exist`);
    members.add(stored === 0 ? kind + 1 : stored);
  }
  reader.skip(2);
  // Addresses and names follow in the order in which members are first mentioned.
  const starts = Array.from(members, () => {
    const start = reader.bigU64();
    reader.skip(8);
    return start;
  });
  const list = starts.map((start) => {
    const from = reader.position;
    const template = decodeText(reader.untilNull());
    reader.skip(Math.min(reader.remaining, (8 - ((reader.position - from) % 8)) % 8));
    return { template, start };
  });
  list.sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  if (list.slice(1).some(({ start }) => start < smallestStart))
    throw unsupported("a multi file whose parts are close together");
  if (list[0].start !== 0n) throw corrupt("no member of the multi driver begins at address 0");
  return list;
}

/** Where the addresses of a member begin as counted here: members are far apart, and all within 2^53. */
export function partStart(member: number): number {
  return member * partLength;
}

/** The addresses of all members, each moved to {@link partStart}. */
export class MultiAddressParts implements AddressParts {
  readonly #starts: readonly bigint[];

  constructor(members: readonly MultiMember[]) {
    this.#starts = members.map(({ start }) => start);
  }

  /** An address that has been translated is given back as it is. */
  translate(address: bigint): number | null {
    if (address >= BigInt(partLength) && address < BigInt(partStart(this.#starts.length))) return Number(address);
    let member = this.#starts.length - 1;
    while (member > 0 && this.#starts[member] > address) member--;
    const within = address - this.#starts[member];
    return within < BigInt(partLength) ? partStart(member) + Number(within) : null;
  }
}
