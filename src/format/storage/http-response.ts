import { HDF5Error } from "../errors.js";

/** `Content-Range: bytes first-last/size`; `size` is undefined where the server does not know it. */
export interface ContentRange {
  readonly first: number;
  readonly last: number;
  readonly size: number | undefined;
}

/** Parses the `Content-Range` of a 206 response; undefined when it is absent, hidden by CORS, or malformed. */
export function parseContentRange(header: string | null): ContentRange | undefined {
  const match = /^\s*bytes\s+(\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)\s*$/i.exec(header ?? "");
  if (match === null) return undefined;
  const [, first, last, size] = match;
  return { first: Number(first), last: Number(last), size: size === "*" ? undefined : Number(size) };
}

/** Whether the body is compressed on the wire, so that byte ranges would count compressed bytes. */
export function isEncoded(response: Response): boolean {
  const encoding = response.headers.get("content-encoding");
  return encoding !== null && encoding.trim() !== "" && encoding.trim().toLowerCase() !== "identity";
}

/** The version of a resource, as far as the server tells. */
export class Validator {
  readonly #tag: string | null;
  readonly #modified: string | null;

  constructor(response: Response) {
    this.#tag = response.headers.get("etag");
    this.#modified = response.headers.get("last-modified");
  }

  /** What `If-Range` takes: weak tags match nothing there. */
  get ifRange(): string | undefined {
    if (this.#tag === null) return this.#modified ?? undefined;
    return this.#tag.startsWith("W/") ? undefined : this.#tag;
  }

  /** Whether `response` may be of the same version. */
  matches(response: Response): boolean {
    const tag = response.headers.get("etag");
    if (this.#tag !== null && tag !== null) return this.#tag === tag;
    const modified = response.headers.get("last-modified");
    return this.#modified === null || modified === null || this.#modified === modified;
  }
}

/** Lets go of a body that nobody reads. */
export function discard(response: Response): void {
  response.body?.cancel().catch(() => {});
}

/** The failure that a status other than success stands for; the body is let go. */
export function statusError(response: Response, url: string): HDF5Error {
  discard(response);
  const { status } = response;
  const code = status === 404 || status === 410 ? "not-found" : "io";
  return new HDF5Error(code, `${url}: the server answered ${`${status} ${response.statusText}`.trim()}`, {
    status,
    url,
  });
}

/** The first bytes of the body, or all of a shorter one. */
export async function readStart(response: Response, length: number): Promise<Uint8Array> {
  const start = new Uint8Array(length);
  let filled = 0;
  await eachPiece(response, (piece) => {
    const taken = piece.subarray(0, length - filled);
    start.set(taken, filled);
    filled += taken.length;
    return taken.length === piece.length;
  });
  return start.subarray(0, filled);
}

/** Hands the body over piece by piece until `accept` declines, which lets the rest go; answers whether none did. */
export async function eachPiece(response: Response, accept: (piece: Uint8Array) => boolean): Promise<boolean> {
  if (response.body === null) return accept(new Uint8Array(await response.arrayBuffer()));
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return true;
    if (!accept(value)) {
      reader.cancel().catch(() => {});
      return false;
    }
  }
}
