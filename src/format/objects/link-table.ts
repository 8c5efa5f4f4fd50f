import { HDF5Error } from "../errors.js";
import { unfilter } from "../filters/unfilter.js";
import type { Operation } from "../storage/operation.js";
import { findDenseLink, readDenseLinks } from "../structures/dense-links.js";
import type { GroupInfo } from "../structures/messages/group-info.js";
import { decodeGroupInfo } from "../structures/messages/group-info.js";
import type { Link } from "../structures/messages/link.js";
import { decodeLink } from "../structures/messages/link.js";
import type { LinkInfo } from "../structures/messages/link-info.js";
import { decodeLinkInfo } from "../structures/messages/link-info.js";
import { MessageType } from "../structures/messages/message-types.js";
import { decodeSymbolTable } from "../structures/messages/symbol-table.js";
import type { SymbolTableLink } from "../structures/symbol-table.js";
import { findSymbol, readSymbolTable } from "../structures/symbol-table.js";
import { compareBytes, decodeText, encodeText, escapedName, mayBeEscaped, namesApart } from "../structures/text.js";
import type { OwnedBlock } from "./built-blocks.js";
import type { ObjectState } from "./object-state.js";

/** A link, and the object it leads to where that is new and has no address yet. */
export interface LinkEntry {
  readonly link: Link;
  readonly object: ObjectState | null;
}

/** All links of a group, as staged. */
export class LinkTable {
  /** By name, in stored order; new ones last. */
  readonly entries = new Map<string, LinkEntry>();
  readonly tracksOrder: boolean;
  readonly indexesOrder: boolean;
  /** Creation order of the next link. */
  nextCreationOrder = 0;
  /** Whether the stored links no longer match. */
  changed = false;
  /** Blocks that the next rebuild makes unreachable. */
  ownedBlocks: readonly OwnedBlock[] = [];

  constructor(tracksOrder: boolean, indexesOrder: boolean) {
    this.tracksOrder = tracksOrder;
    this.indexesOrder = indexesOrder;
  }

  /** The entry of this name; one of halves of surrogate pairs may be known by its escapes. */
  find(name: string): LinkEntry | undefined {
    return this.entries.get(name) ?? this.entries.get(escapedName(name));
  }

  /** Entries in the order in which users see them: of creation where it is tracked, else by the names' bytes. */
  listed(): LinkEntry[] {
    const entries = [...this.entries.values()];
    if (this.tracksOrder) return entries.sort((a, b) => (a.link.creationOrder ?? 0) - (b.link.creationOrder ?? 0));
    return entries.sort((a, b) => compareBytes(a.link.nameBytes, b.link.nameBytes));
  }
}

/** Where a group keeps its links. */
export type LinkStorage =
  | { readonly kind: "symbol-table"; readonly btreeAddress: number; readonly heapAddress: number }
  | { readonly kind: "messages"; readonly info: LinkInfo };

/** Decodes where the links are. May miss bytes where the message is shared. */
export function linkStorage(group: ObjectState): LinkStorage {
  const info = group.message(MessageType.LinkInfo);
  if (info !== undefined) return { kind: "messages", info: decodeLinkInfo(group.messageReader(info)) };
  const table = group.message(MessageType.SymbolTable);
  if (table === undefined) throw new HDF5Error("corrupt", "a group has neither a symbol table nor link info");
  return { kind: "symbol-table", ...decodeSymbolTable(group.messageReader(table)) };
}

/** The group's constants, defaults where it stores none. */
export function groupInfo(group: ObjectState): GroupInfo {
  const message = group.message(MessageType.GroupInfo);
  if (message === undefined) return { phaseChange: null, estimates: null };
  return decodeGroupInfo(group.messageReader(message));
}

function compactLinks(group: ObjectState): Link[] {
  return group.messages
    .filter((message) => message.type === MessageType.Link)
    .map((message) => decodeLink(group.messageReader(message)));
}

function linkOfSymbol({ nameBytes, entry, softLinkValue }: SymbolTableLink): Link {
  const name = decodeText(nameBytes);
  const characterSet = "ascii";
  const creationOrder = null;
  if (softLinkValue !== null) {
    const target = decodeText(softLinkValue);
    return { kind: "soft", name, nameBytes, characterSet, creationOrder, target, targetBytes: softLinkValue };
  }
  const address = entry.objectAddress;
  if (address === null) throw new HDF5Error("corrupt", `the link "${name}" leads nowhere`);
  return { kind: "hard", name, nameBytes, characterSet, creationOrder, address };
}

/** Decodes all links of a group. May miss bytes. */
function decodeLinks(group: ObjectState): Link[] {
  const context = group.file.context;
  const storage = linkStorage(group);
  if (storage.kind === "symbol-table") {
    return readSymbolTable(context, storage.btreeAddress, storage.heapAddress).map(linkOfSymbol);
  }
  const links = compactLinks(group);
  if (storage.info.heapAddress === null) return links;
  return links.concat(readDenseLinks(context, storage.info, unfilter));
}

/** All links of a group. */
export function* loadLinks(group: ObjectState): Operation<LinkTable> {
  if (group.links !== null) return group.links;
  const storage = linkStorage(group);
  const tracked = storage.kind === "messages" ? storage.info.maxCreationOrder : null;
  const table = new LinkTable(tracked !== null, storage.kind === "messages" && storage.info.creationOrderIndexed);
  const links = yield* group.file.decode(() => decodeLinks(group));
  for (const link of links) table.entries.set(link.name, { link, object: null });
  if (table.entries.size < links.length) {
    for (const link of namesApart(links)) table.entries.set(link.name, { link, object: null });
  }
  table.nextCreationOrder = tracked ?? 0;
  group.links = table;
  return table;
}

/** The link of this name, or `undefined`; reads no more than the search needs. */
export function* findLink(group: ObjectState, name: string): Operation<LinkEntry | undefined> {
  if (group.links !== null) return group.links.find(name);
  // Compact links are all at hand and are decoded once, whatever number of them a header holds.
  if (group.message(MessageType.Link) !== undefined || mayBeEscaped(name)) return (yield* loadLinks(group)).find(name);
  const link = yield* group.file.decode((): Link | undefined => {
    const context = group.file.context;
    const nameBytes = encodeText(name);
    const storage = linkStorage(group);
    if (storage.kind === "symbol-table") {
      const symbol = findSymbol(context, storage.btreeAddress, storage.heapAddress, nameBytes);
      return symbol === null ? undefined : linkOfSymbol(symbol);
    }
    if (storage.info.heapAddress === null) return undefined;
    return findDenseLink(context, storage.info, nameBytes, unfilter);
  });
  return link === undefined ? undefined : { link, object: null };
}

/** Adds a link, staged. The caller has checked that the name is free. */
export function addLink(group: ObjectState, table: LinkTable, link: NewLink): void {
  const { name } = link;
  const nameBytes = encodeText(name);
  const characterSet = nameBytes.length === name.length ? "ascii" : "utf-8";
  const creationOrder = table.tracksOrder ? table.nextCreationOrder : null;
  const wasChanged = table.changed;
  group.file.touch(group);
  group.file.onUndo(() => {
    table.entries.delete(name);
    table.nextCreationOrder--;
    table.changed = wasChanged;
  });
  if (link.kind === "hard") {
    const { address, object } = link;
    table.entries.set(name, { link: { kind: "hard", name, nameBytes, characterSet, creationOrder, address }, object });
  } else {
    table.entries.set(name, { link: { ...link, nameBytes, characterSet, creationOrder }, object: null });
  }
  table.nextCreationOrder++;
  table.changed = true;
}

/** What {@link addLink} is told of a link. */
export type NewLink =
  | { readonly kind: "hard"; readonly name: string; readonly address: number; readonly object: ObjectState }
  | {
      readonly kind: "soft";
      readonly name: string;
      readonly target: string;
      readonly targetBytes: Uint8Array;
    }
  | {
      readonly kind: "external";
      readonly name: string;
      readonly file: string;
      readonly fileBytes: Uint8Array;
      readonly target: string;
      readonly targetBytes: Uint8Array;
    };
