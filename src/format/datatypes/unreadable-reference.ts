/**
 * What an element of a reference type reads as that no reference can be made of: its bytes are garbage, or point at
 * nothing that describes one. Dereferenced, it is the error it stands for; written back, it is the same bytes again.
 */
export class UnreadableReference {
  readonly kind = "unreadable-reference";
  /** The stored bytes of the element. */
  readonly bytes: Uint8Array;
  /** Why it cannot be read. */
  readonly reason: string;

  /** Takes the bytes as they are: they are not copied. */
  constructor(bytes: Uint8Array, reason: string) {
    this.bytes = bytes;
    this.reason = reason;
  }
}
