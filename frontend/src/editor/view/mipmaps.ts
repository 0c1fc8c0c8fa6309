/** Mipmaps: copies of a picture, each half as large as the one before, so that zoomed-out views are smooth and fast. */

/** A copy is not halved further once it is this small. */
const SMALLEST = 512;

/** The next smaller copy; null for one that is small enough. */
export function halved(bitmap: ImageBitmap): Promise<ImageBitmap> | null {
  const [width, height] = [Math.ceil(bitmap.width / 2), Math.ceil(bitmap.height / 2)];
  if (Math.max(width, height) < SMALLEST) return null;
  return createImageBitmap(bitmap, { resizeWidth: width, resizeHeight: height, resizeQuality: "medium" });
}
