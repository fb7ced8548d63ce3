/** What is marked to be removed, before it is: found things, strokes of the brush, smart selections. */

import * as api from "../api/editing";
import type { Region } from "../api/editing";
import { decode, empty, encode, opaque, sheet, tinted, type Rgb, type Rle } from "./raster";
import type { Point } from "./view.svelte";

/** Something found, one instance: its mask as a sheet to cut with and as one to look at. */
export interface Found extends Region {
  id: number;
  title: string;
  on: boolean;
  solid: HTMLCanvasElement;
  tint: HTMLCanvasElement;
  rim: HTMLCanvasElement;
  color: Rgb;
  area: number;
}
/** One step by hand, in the order they were made. */
export type Mark =
  | { kind: "stroke"; add: boolean; /** Diameter and path, as shares of the longer side and of the picture. */ size: number; path: Point[] }
  | { kind: "mask"; add: boolean; solid: HTMLCanvasElement; tint: HTMLCanvasElement };
export interface Draft {
  found: readonly Found[];
  marks: readonly Mark[];
}
export const NOTHING: Draft = { found: [], marks: [] };

/** Tints that are told apart on any picture, the first for what is marked by hand. */
export const TINTS: Rgb[] = [[255, 92, 80], [255, 160, 50], [255, 92, 160], [190, 110, 255], [255, 206, 70], [240, 110, 90]];
const TITLES: Record<string, string> = { person: "Person", crane: "Crane", plate: "Number plate", "number plate": "Number plate", face: "Face", text: "Text" };
let next = 1;

export function found(region: Region, index: number, number: number, w: number, h: number): Found {
  const mask = decode(region.mask, w, h);
  const name = region.kind === "face" || region.kind === "text" || region.kind === "plate" ? region.kind : region.name;
  const title = region.person || `${TITLES[name] ?? name.charAt(0).toUpperCase() + name.slice(1)} ${number}`;
  const color = TINTS[1 + (index % (TINTS.length - 1))] ?? TINTS[0]!;
  return {
    ...region, id: next++, title, color, on: !region.keep, solid: opaque(mask, w, h), tint: tinted(mask, w, h, color), rim: tinted(mask, w, h, [255, 255, 255], 0),
    area: mask.reduce((sum, one) => sum + one, 0),
  };
}

export function marked(rle: Rle, add: boolean, w: number, h: number): Mark {
  const mask = decode(rle, w, h);
  return { kind: "mask", add, solid: opaque(mask, w, h), tint: tinted(mask, w, h, TINTS[0]!, 255) };
}

export const isEmpty = (draft: Draft): boolean => !draft.marks.some((mark) => mark.add) && !draft.found.some((one) => one.on);

/** Draw a path of a round brush. */
export function stroke(context: CanvasRenderingContext2D, size: number, path: readonly Point[], from = 0): void {
  const { width, height } = context.canvas;
  context.lineCap = context.lineJoin = "round";
  context.lineWidth = Math.max(1, size * Math.max(width, height));
  context.beginPath();
  path.slice(Math.max(0, from - 1)).forEach((point, i) => {
    if (i === 0) context.moveTo(point.x * width, point.y * height);
    context.lineTo(point.x * width + (path.length === 1 ? 0.01 : 0), point.y * height);
  });
  context.stroke();
}

/** Paint a draft to be looked at: instances in their tints, what is kept as a rim, marks by hand on top. */
export function paint(context: CanvasRenderingContext2D, draft: Draft): void {
  const { width, height } = context.canvas;
  context.clearRect(0, 0, width, height);
  context.globalCompositeOperation = "source-over";
  for (const one of draft.found) if (one.on) context.drawImage(one.tint, 0, 0, width, height);
  if (draft.marks.length > 0) {
    const [hand, by] = sheet(width, height);
    for (const mark of draft.marks) {
      for (const into of mark.add ? [by] : [by, context]) {
        into.globalCompositeOperation = mark.add ? "source-over" : "destination-out";
        if (mark.kind === "stroke") {
          into.strokeStyle = `rgb(${TINTS[0]!.join()})`;
          stroke(into, mark.size, mark.path);
        } else into.drawImage(mark.add ? mark.tint : mark.solid, 0, 0, width, height);
      }
      if (mark.add && mark.kind === "mask") by.globalCompositeOperation = "source-over";
    }
    context.globalCompositeOperation = "source-over";
    context.globalAlpha = 0.6;
    context.shadowColor = "#fff";
    context.shadowBlur = Math.max(2, Math.max(width, height) / 400);
    context.drawImage(hand, 0, 0);
    context.shadowBlur = 0;
    context.globalAlpha = 1;
  }
  context.globalCompositeOperation = "source-over";
  for (const one of draft.found) if (!one.on) context.drawImage(one.rim, 0, 0, width, height);
}

/** The whole draft as one mask. What was found keeps the fine pixels that the server gave. */
export async function whole(draft: Draft, w: number, h: number): Promise<Rle | undefined> {
  const steps: { operation: "add" | "subtract"; mask: Rle }[] = draft.found.filter((one) => one.on).map((one) => ({ operation: "add", mask: one.mask }));
  for (let i = 0; i < draft.marks.length; ) {
    const add = draft.marks[i]!.add;
    const [canvas, context] = sheet(w, h);
    for (; draft.marks[i]?.add === add; i++) {
      const mark = draft.marks[i]!;
      if (mark.kind === "stroke") {
        context.strokeStyle = "#fff";
        stroke(context, mark.size, mark.path);
      } else context.drawImage(mark.solid, 0, 0, w, h);
    }
    if (!empty(canvas) && (add || steps.length > 0)) steps.push({ operation: add ? "add" : "subtract", mask: encode(canvas) });
  }
  if (steps.length === 0) return undefined;
  if (steps.length === 1) return steps[0]!.mask;
  const made = await api.masks.combine(steps);
  return made.pixels > 0 ? made.mask : undefined;
}

/** "3 people and what was marked by hand". */
export function summary(draft: Draft): string {
  const names = new Map<string, number>();
  for (const one of draft.found) if (one.on) names.set(one.what, (names.get(one.what) ?? 0) + 1);
  const parts = [...names].map(([what, n]) => `${n} ${n === 1 ? (SINGULAR[what] ?? what) : what}`);
  if (draft.marks.some((mark) => mark.add)) parts.push("what was marked by hand");
  return parts.length > 1 ? `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}` : (parts[0] ?? "");
}
const SINGULAR: Record<string, string> = { cranes: "crane", people: "person", plates: "number plate", faces: "face", text: "text" };
