import { invalidArgument } from "../errors.js";
import type { Operation } from "../storage/operation.js";
import { buildDenseLinks } from "../structures/dense-links.js";
import type { KeptStrings } from "../structures/local-heap.js";
import { encodeGroupInfo } from "../structures/messages/group-info.js";
import type { Link } from "../structures/messages/link.js";
import { encodeLink } from "../structures/messages/link.js";
import type { LinkInfo } from "../structures/messages/link-info.js";
import { encodeLinkInfo } from "../structures/messages/link-info.js";
import { MessageType } from "../structures/messages/message-types.js";
import { encodeSymbolTable } from "../structures/messages/symbol-table.js";
import type { NewSymbol } from "../structures/symbol-table.js";
import { buildSymbolTable, stringsOf } from "../structures/symbol-table.js";
import { compareBytes } from "../structures/text.js";
import { freeBlocks, stageBlocks } from "./built-blocks.js";
import { largestMessage } from "./commit-attributes.js";
import { heapAddressApart } from "./commit-header.js";
import type { LinkTable } from "./link-table.js";
import { groupInfo, linkStorage } from "./link-table.js";
import type { ObjectState, StagedMessage } from "./object-state.js";
import { encodeMessage } from "./object-state.js";

/** libhdf5's defaults for when links move to dense storage and back. */
const defaultPhaseChange = { maxCompact: 8, minDense: 6 };

type LinkForm = "symbol-table" | "compact" | "dense";

/** Links as they are now, those to new objects with the addresses assigned so far (0 where there is none yet). */
function currentLinks(table: LinkTable): Link[] {
  return Array.from(table.entries.values(), ({ link, object }) => {
    if (link.kind !== "hard" || object === null) return link;
    const { kind, name, nameBytes, characterSet, creationOrder } = link;
    return { kind, name, nameBytes, characterSet, creationOrder, address: object.address ?? 0 };
  });
}

function chooseForm(group: ObjectState, table: LinkTable, links: readonly Link[]): LinkForm {
  const storage = linkStorage(group);
  if (storage.kind === "symbol-table") {
    // As in libhdf5, a link that a symbol table cannot hold turns the group into a new-style one.
    const fits = links.every((link) => (link.kind === "hard" || link.kind === "soft") && link.characterSet === "ascii");
    if (fits && !table.tracksOrder) return "symbol-table";
  }
  const { maxCompact, minDense } = groupInfo(group).phaseChange ?? defaultPhaseChange;
  const isDense = storage.kind === "messages" && storage.info.heapAddress !== null;
  if (isDense ? links.length >= minDense : links.length > maxCompact) return "dense";
  return "compact";
}

/** Stages link messages of their final sizes in a new group, before addresses are known. */
export function stagePlaceholderLinks(group: ObjectState): void {
  const table = group.links;
  if (table === null) return;
  const links = currentLinks(table);
  const form = chooseForm(group, table, links);
  if (form === "symbol-table") setSymbolTable(group, 0, 0);
  else if (form === "compact") setLinkMessages(group, table, links);
  else setLinkInfo(group, table, noAddresses);
}

const noAddresses = { heapAddress: null, nameIndexAddress: null, creationOrderIndexAddress: null };

/** Brings the link messages of a group up to date. */
export function* stageLinkMessages(group: ObjectState): Operation<void> {
  const table = group.links;
  if (table === null || !table.changed) return;
  const { file } = group;
  const links = currentLinks(table);
  const form = chooseForm(group, table, links);
  freeBlocks(file, table.ownedBlocks);
  table.ownedBlocks = [];
  if (form === "symbol-table") {
    const symbols = links.map(symbolOf).sort((a, b) => compareBytes(a.nameBytes, b.nameBytes));
    const kept = heapAddressApart(group) === null ? null : yield* storedStrings(group);
    const built = buildSymbolTable(symbols, file.context, (size) => file.allocate(size), 0, kept);
    table.ownedBlocks = stageBlocks(file, built.blocks);
    setSymbolTable(group, built.btreeAddress, built.heapAddress);
  } else if (form === "compact") {
    setLinkMessages(group, table, links);
  } else {
    const built = buildDenseLinks(links, table.indexesOrder, file.context, (size) => file.allocate(size));
    table.ownedBlocks = stageBlocks(file, built.blocks);
    group.removeMessages(MessageType.Link);
    setLinkInfo(group, table, built);
  }
}

/** The strings that a new heap keeps, where it becomes the group's before the new index does. */
function* storedStrings(group: ObjectState): Operation<KeptStrings | null> {
  const storage = linkStorage(group);
  if (storage.kind !== "symbol-table") return null;
  return yield* group.file.decode(() => stringsOf(group.file.context, storage.btreeAddress, storage.heapAddress));
}

function symbolOf(link: Link): NewSymbol {
  if (link.kind === "hard") return { kind: "hard", nameBytes: link.nameBytes, objectAddress: link.address };
  if (link.kind === "soft") return { kind: "soft", nameBytes: link.nameBytes, value: link.targetBytes };
  throw invalidArgument(`a symbol table cannot hold the ${link.kind} link "${link.name}"`);
}

function setSymbolTable(group: ObjectState, btreeAddress: number, heapAddress: number): void {
  group.setMessage(MessageType.SymbolTable, 0, (writer) => {
    encodeSymbolTable(writer, { btreeAddress, heapAddress });
  });
}

function setLinkMessages(group: ObjectState, table: LinkTable, links: readonly Link[]): void {
  setLinkInfo(group, table, noAddresses);
  const messages = links.map((link): StagedMessage => {
    const message = encodeMessage(group.file, MessageType.Link, 0, (writer) => {
      encodeLink(writer, link);
    });
    if (message.data.length > largestMessage) throw invalidArgument(`the link "${link.name}" is too long to be stored`);
    return message;
  });
  group.replaceMessages(MessageType.Link, messages);
}

function setLinkInfo(
  group: ObjectState,
  table: LinkTable,
  addresses: Pick<LinkInfo, "heapAddress" | "nameIndexAddress" | "creationOrderIndexAddress">,
): void {
  const { heapAddress, nameIndexAddress, creationOrderIndexAddress } = addresses;
  group.removeMessages(MessageType.SymbolTable);
  group.setMessage(MessageType.LinkInfo, 0, (writer) => {
    encodeLinkInfo(writer, {
      maxCreationOrder: table.tracksOrder ? table.nextCreationOrder : null,
      creationOrderIndexed: table.indexesOrder,
      heapAddress,
      nameIndexAddress,
      creationOrderIndexAddress,
    });
  });
  // Without group info libhdf5 reads a group but cannot change it.
  if (group.message(MessageType.GroupInfo) === undefined) {
    group.setMessage(MessageType.GroupInfo, 1, (writer) => {
      encodeGroupInfo(writer, { phaseChange: null, estimates: null });
    });
  }
}
