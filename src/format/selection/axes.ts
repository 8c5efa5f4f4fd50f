/** One 1 per axis. */
export function ones(rank: number): number[] {
  return new Array<number>(rank).fill(1);
}

/** One 0 per axis. */
export function zeros(rank: number): number[] {
  return new Array<number>(rank).fill(0);
}
