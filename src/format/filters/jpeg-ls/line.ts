/** One line of one component: its samples from index 1 on, with one more at both ends for neighbours beyond the edges. */
export type Line = Uint16Array;

/** A line of zeros for each component. */
export function newLines(components: number, width: number): Line[] {
  return Array.from({ length: components }, () => new Uint16Array(width + 2));
}

/**
 * Puts the samples beyond the edges in place before a line is coded (ITU-T T.87, A.2.1). What was left of the line
 * above when that was coded stays there.
 */
export function extendEdges(above: Line, line: Line): void {
  above[above.length - 1] = above[above.length - 2];
  line[0] = above[1];
}
