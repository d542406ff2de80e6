// Images as base64 text and as bytes.

/** Return the bytes of base64 text, of either alphabet; null when it is none. */
export function decode(base64) {
  try {
    return Uint8Array.from(atob(base64.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
}

/** Return the base64 text of a file. */
export async function encode(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const parts = [];
  for (let at = 0; at < bytes.length; at += 0x8000) parts.push(String.fromCharCode(...bytes.subarray(at, at + 0x8000)));
  return btoa(parts.join(""));
}

/** Paint an image on a canvas: in the image's size, or with `fit` as large as the canvas allows. Return its size or null. */
export async function paint(canvas, bytes, mediaType, fit = false) {
  let image;
  try {
    image = await createImageBitmap(new Blob([bytes], { type: mediaType }));
  } catch {
    return null;
  }
  const size = { width: image.width, height: image.height };
  if (!fit) Object.assign(canvas, size);
  const scale = fit ? Math.min(canvas.width / size.width, canvas.height / size.height) : 1;
  const [width, height] = [size.width * scale, size.height * scale];
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = scale <= 1; // pixels of a small image stay pixels
  context.drawImage(image, (canvas.width - width) / 2, (canvas.height - height) / 2, width, height);
  image.close();
  return size;
}
