/** Masks at working size: chosen pixels, painted by hand or told by the server in COCO run lengths. */

import { counts } from "../viewer/mask";

export interface Rle {
  size: [number, number];
  counts: string | number[];
}
export type Rgb = [number, number, number];

/** Longest side of the masks that are painted here, in pixels; the server brings them to the photo's size. */
export const SIDE = 1600;

export function workSize(width: number, height: number): { w: number; h: number } {
  const scale = Math.min(1, SIDE / Math.max(width, height, 1));
  return { w: Math.max(1, Math.round(width * scale)), h: Math.max(1, Math.round(height * scale)) };
}

export function sheet(w: number, h: number): [HTMLCanvasElement, CanvasRenderingContext2D] {
  const canvas = document.createElement("canvas");
  canvas.width = w;
  canvas.height = h;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Error("this browser cannot draw");
  return [canvas, context];
}

/** Chosen pixels (1) row by row, brought to w x h; a thin line never gets lost on the way down. */
export function decode(rle: Rle, w: number, h: number): Uint8Array {
  const [height, width] = rle.size;
  const runs = typeof rle.counts === "string" ? counts(rle.counts) : rle.counts;
  const into = new Uint8Array(w * h);
  const small = width < w || height < h;
  const full = small ? new Uint8Array(width * height) : into;
  const fx = small ? 1 : w / width;
  const fy = small ? 1 : h / height;
  const stride = small ? width : w;
  let position = 0;
  runs.forEach((run, i) => {
    // Runs go down the columns.
    if (i % 2 === 1) for (let p = position; p < position + run; p++) full[Math.floor((p % height) * fy) * stride + Math.floor(Math.floor(p / height) * fx)] = 1;
    position += run;
  });
  if (small)
    for (let y = 0; y < h; y++) for (let x = 0; x < w; x++) into[y * w + x] = full[Math.floor((y * height) / h) * width + Math.floor((x * width) / w)] ?? 0;
  return into;
}

/** The opaque pixels of a sheet as run lengths. */
export function encode(canvas: HTMLCanvasElement): Rle {
  const { width, height } = canvas;
  const data = canvas.getContext("2d")?.getImageData(0, 0, width, height).data ?? new Uint8ClampedArray();
  const runs: number[] = [];
  let on = false;
  let run = 0;
  for (let x = 0; x < width; x++)
    for (let y = 0; y < height; y++) {
      if ((data[(y * width + x) * 4 + 3] ?? 0) >= 128 !== on) {
        runs.push(run);
        run = 0;
        on = !on;
      }
      run++;
    }
  runs.push(run);
  return { size: [height, width], counts: packed(runs) };
}

/** Run lengths in the compressed text form: 5-bit groups, differences from the third on. */
export function packed(runs: number[]): string {
  let text = "";
  runs.forEach((run, i) => {
    let value = i > 2 ? run - (runs[i - 2] ?? 0) : run;
    for (let more = true; more; ) {
      let code = value & 31;
      value >>= 5;
      more = code & 16 ? value !== -1 : value !== 0;
      if (more) code |= 32;
      text += String.fromCharCode(code + 48);
    }
  });
  return text;
}

/** An opaque sheet of the chosen pixels. */
export function opaque(mask: Uint8Array, w: number, h: number): HTMLCanvasElement {
  const [canvas, context] = sheet(w, h);
  const image = context.createImageData(w, h);
  new Uint32Array(image.data.buffer).forEach((_, i, words) => (words[i] = mask[i] ? 0xffffffff : 0));
  context.putImageData(image, 0, 0);
  return canvas;
}

/** A sheet in one color: the inside see-through, the rim solid. */
export function tinted(mask: Uint8Array, w: number, h: number, [r, g, b]: Rgb, inside = 105, rim = Math.max(1, Math.round(Math.max(w, h) / 800))): HTMLCanvasElement {
  const [canvas, context] = sheet(w, h);
  const image = context.createImageData(w, h);
  const words = new Uint32Array(image.data.buffer);
  const color = (b << 16) | (g << 8) | r;
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++) {
      const i = y * w + x;
      if (!mask[i]) continue;
      const edge = (x >= rim && !mask[i - rim]) || (x < w - rim && !mask[i + rim]) || (y >= rim && !mask[i - rim * w]) || (y < h - rim && !mask[i + rim * w]);
      words[i] = (((edge ? 255 : inside) << 24) | color) >>> 0;
    }
  context.putImageData(image, 0, 0);
  return canvas;
}

/** Whether anything is painted. */
export function empty(canvas: HTMLCanvasElement): boolean {
  const data = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data;
  if (!data) return true;
  for (let i = 3; i < data.length; i += 4) if ((data[i] ?? 0) >= 128) return false;
  return true;
}
