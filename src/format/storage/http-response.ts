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

/** Lets go of a body that nobody reads. */
export function discard(response: Response): void {
  response.body?.cancel().catch(() => {});
}

/** The failure that a status other than success stands for; the body is let go. */
export function statusError(response: Response, url: string): HDF5Error {
  discard(response);
  const status = `${response.status} ${response.statusText}`.trim();
  if (response.status === 404 || response.status === 410) {
    return new HDF5Error("not-found", `${url}: the server answered ${status}`);
  }
  return new HDF5Error("io", `${url}: the server answered ${status}`);
}

/** Reads the body into `target`, which it must fill exactly, and which nothing is written to once the signal fired. */
export async function readBodyInto(
  response: Response,
  target: Uint8Array,
  url: string,
  signal: AbortSignal,
): Promise<void> {
  let filled = 0;
  const complete = await eachPiece(response, (piece) => {
    if (signal.aborted || filled + piece.length > target.length) return false;
    target.set(piece, filled);
    filled += piece.length;
    return true;
  });
  if (!complete || filled !== target.length) {
    throw new HDF5Error("io", `${url}: asked for ${target.length} bytes, got ${complete ? filled : "more"}`);
  }
}

/** The whole body, or `null` where it has more than `limit` bytes. */
export async function readBody(response: Response, limit: number): Promise<Uint8Array | null> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  const complete = await eachPiece(response, (piece) => {
    length += piece.length;
    if (length <= limit) pieces.push(piece);
    return length <= limit;
  });
  if (!complete) return null;
  if (pieces.length === 1) return pieces[0];
  const whole = new Uint8Array(length);
  let filled = 0;
  for (const piece of pieces) {
    whole.set(piece, filled);
    filled += piece.length;
  }
  return whole;
}

/** Hands the body over piece by piece until `accept` declines; answers whether it was taken to its end. */
async function eachPiece(response: Response, accept: (piece: Uint8Array) => boolean): Promise<boolean> {
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
