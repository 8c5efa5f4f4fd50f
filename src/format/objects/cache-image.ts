import type { Device } from "../storage/device.js";
import { PatchedDevice } from "../storage/patched-device.js";
import type { FileContext } from "../structures/context.js";
import type { MetadataCacheImage } from "../structures/messages/metadata-cache-image.js";
import { decodeCacheImage } from "../structures/metadata-cache-image.js";

/** A device with the metadata of an image, stored at `address`, in the place of those at their own addresses. */
function withCacheImage(device: Device, context: FileContext, image: MetadataCacheImage, address: number): Device {
  const metadata = decodeCacheImage(context, image, address);
  const patches = metadata.map((entry) => ({ offset: context.baseAddress + entry.address, bytes: entry.bytes }));
  return new PatchedDevice(device, patches);
}

/** What only files with a metadata cache image need, apart from the rest so that it can be loaded with one of them. */
export const cacheImages = { withCacheImage } as const;

/** See {@link cacheImages}. */
export type CacheImages = typeof cacheImages;
