/** The frame of a crop, in shares of the picture, and the shapes it may keep. */

export interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
}

export const ASPECTS: { name: string; ratio: (whole: number) => number | undefined }[] = [
  { name: "Free", ratio: () => undefined },
  { name: "Original", ratio: (whole) => whole },
  ...[[1, 1], [5, 4], [4, 3], [3, 2], [16, 9]].map(([a, b]) => ({ name: `${a}:${b}`, ratio: () => (a ?? 1) / (b ?? 1) })),
  ...[[4, 5], [3, 4], [2, 3], [9, 16]].map(([a, b]) => ({ name: `${a}:${b}`, ratio: () => (a ?? 1) / (b ?? 1) })),
];
export const SMALLEST = 0.03;
const clamp = (v: number, low: number, high: number): number => Math.max(low, Math.min(high, v));

/** The largest frame of a shape (width : height, in shares) around the middle of a frame, inside of it. */
export function fitted(area: Area, ratio: number): Area {
  const cx = area.x + area.width / 2;
  const cy = area.y + area.height / 2;
  let width = area.width;
  let height = width / ratio;
  if (height > area.height) {
    height = area.height;
    width = height * ratio;
  }
  return { x: cx - width / 2, y: cy - height / 2, width, height };
}

export function moved(area: Area, dx: number, dy: number): Area {
  return { ...area, x: clamp(area.x + dx, 0, 1 - area.width), y: clamp(area.y + dy, 0, 1 - area.height) };
}

/** Pull an edge or corner (-1, 0, 1 across and down); a kept shape lets the other side follow. */
export function pulled(area: Area, across: number, down: number, dx: number, dy: number, ratio?: number): Area {
  let left = area.x;
  let top = area.y;
  let right = area.x + area.width;
  let bottom = area.y + area.height;
  if (across < 0) left = clamp(left + dx, 0, right - SMALLEST);
  if (across > 0) right = clamp(right + dx, left + SMALLEST, 1);
  if (down < 0) top = clamp(top + dy, 0, bottom - SMALLEST);
  if (down > 0) bottom = clamp(bottom + dy, top + SMALLEST, 1);
  if (!ratio) return { x: left, y: top, width: right - left, height: bottom - top };
  // What is pulled leads; the opposite edge or corner (or the middle of the other side) stays.
  let width = across !== 0 ? right - left : (bottom - top) * ratio;
  const roomX = across < 0 ? right : across > 0 ? 1 - left : 2 * Math.min(area.x + area.width / 2, 1 - area.x - area.width / 2);
  const roomY = down < 0 ? bottom : down > 0 ? 1 - top : 2 * Math.min(area.y + area.height / 2, 1 - area.y - area.height / 2);
  if (across !== 0 && down !== 0) width = Math.max(width, (bottom - top) * ratio);
  width = Math.min(width, roomX, roomY * ratio);
  const height = width / ratio;
  const x = across < 0 ? right - width : across > 0 ? left : area.x + area.width / 2 - width / 2;
  const y = down < 0 ? bottom - height : down > 0 ? top : area.y + area.height / 2 - height / 2;
  return { x, y, width, height };
}
