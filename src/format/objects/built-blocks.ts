import type { FileState } from "./file-state.js";

/** Space that a structure built in this session takes. */
export interface OwnedBlock {
  readonly address: number;
  readonly length: number;
}

/** Stages the blocks of a structure built from nothing; answers what to free when it is built again. */
export function stageBlocks(
  file: FileState,
  blocks: readonly { readonly address: number; readonly bytes: Uint8Array }[],
): OwnedBlock[] {
  return blocks.map(({ address, bytes }) => {
    file.shadow(address, bytes);
    return { address, length: bytes.length };
  });
}

/** Gives back the space of a structure that the commit under way replaces. */
export function freeBlocks(file: FileState, blocks: readonly OwnedBlock[]): void {
  const transaction = file.editing();
  for (const { address, length } of blocks) transaction.free(file.offsetOf(address), length);
}
