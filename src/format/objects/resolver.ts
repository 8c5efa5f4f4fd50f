import { UnsupportedFeatureError } from "../errors.js";
import type { Source } from "../storage/sources.js";

/** What a file wants another one for. */
export interface ResolverRequest {
  /**
   * `external-link`: a link into another HDF5 file; `external-data`: raw bytes of a dataset; `virtual-source`: an HDF5
   * file that a virtual dataset takes a part of; `file-member`: a part of a file that a driver keeps in several.
   */
  readonly kind: "external-link" | "external-data" | "virtual-source" | "file-member";
  /** Name of the file that asks: its path or URL, or the name that its source has. */
  readonly from: string;
}

/**
 * Finds the file of a name that another file gives, exactly as stored; `null` where there is none.
 *
 * Files choose these names: a resolver that gives out whatever is asked for lets a file read any other.
 */
export type Resolver = (
  name: string,
  request: ResolverRequest,
) => Source | null | undefined | Promise<Source | null | undefined>;

/** The error where data are in another file and no resolver was given. */
export function needsResolver(feature: string, details: { readonly offset?: number } = {}): UnsupportedFeatureError {
  return new UnsupportedFeatureError(
    feature,
    `${feature} is not read unless allowed: open the file with { resolver }, such as directoryResolver("a/directory")`,
    details,
  );
}
