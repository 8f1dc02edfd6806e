// Pictures of items: made small on this device, then sent by the form that the API gives.

import { post } from "./api.js";
import { Problem } from "./http.js";

const MOST_PIXELS = 1600;
const MOST_BYTES = 2_000_000;
const TYPE = "image/jpeg";

/**
 * Return a picture that is small enough, without its metadata, such as where it was taken. Throws
 * Problem if this browser cannot read the file.
 * @param {Blob} file
 * @returns {Promise<Blob>}
 */
export async function shrunk(file) {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Problem(415, "not_a_picture", "");
  });
  for (let most = MOST_PIXELS, quality = 0.85; ; most *= 0.8, quality -= 0.05) {
    const scale = Math.min(1, most / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.fillStyle = "#fff"; // behind what is transparent
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    /** @type {Blob | null} */
    const made = await new Promise((resolve) => canvas.toBlob(resolve, TYPE, quality));
    if (made && made.size <= MOST_BYTES) return made;
  }
}

/**
 * Send a picture of an item, and return its name. Throws Problem.
 * @param {string} itemId
 * @param {Blob} picture
 * @param {(part: number) => void} onProgress is told how much is sent, from 0 to 1
 * @returns {Promise<string>}
 */
export async function upload(itemId, picture, onProgress) {
  const asked = { media_type: TYPE, size: picture.size };
  const { data } = await post(`/api/items/${encodeURIComponent(itemId)}/picture`, asked);
  const form = new FormData();
  for (const [name, value] of Object.entries(data.upload.fields)) form.append(name, String(value));
  form.append("file", picture);
  await sent(data.upload.url, form, onProgress);
  return data.picture;
}

/**
 * Post a form. `fetch` does not report progress.
 * @param {string} url
 * @param {FormData} form
 * @param {(part: number) => void} onProgress
 */
function sent(url, form, onProgress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.upload.onprogress = ({ loaded, total }) => onProgress(loaded / total);
    request.onload = () => {
      if (request.status < 300) return resolve(undefined);
      const code = /"code":\s*"(\w+)"/.exec(request.responseText)?.[1];
      reject(new Problem(request.status, code ?? "upload_failed", ""));
    };
    request.onerror = () => reject(new Problem(0, "unreachable", ""));
    request.open("POST", url);
    request.send(form);
  });
}
