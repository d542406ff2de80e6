// An image in base64. It is painted on a canvas: nothing of it is ever an address or markup.

import { decode, paint } from "../images.js";
import { el } from "../dom.js";
import { isImage } from "../schema.js";

export function showImage(value, { title, type }) {
  if (!isImage(type) || typeof value !== "string") return null;
  const bytes = decode(value);
  const canvas = el("canvas", { class: "image", role: "img", "aria-label": title, width: 0, height: 0 });
  const said = el("p", { class: "hint" }, "reading the image ...");
  painted(canvas, bytes, type.contentMediaType).then((text) => (said.textContent = text));
  return { elements: [canvas, said] };
}

/** Paint an image in its own size; return what to say of it. */
async function painted(canvas, bytes, mediaType) {
  const image = bytes && (await paint(canvas, bytes, mediaType));
  if (!image) {
    canvas.remove();
    return `This browser cannot show the image (${mediaType}, ${bytes ? `${bytes.length} bytes` : "no base64"}).`;
  }
  return `${image.width} × ${image.height} pixels`;
}
