/** One picture that is labeled: what is drawn, what is suggested, what is chosen. */

import { reason } from "../api/client";
import * as api from "../api/annotating";
import type { Class, Item, Picture } from "../api/annotating";
import * as editing from "../api/editing";
import type { Box, Region } from "../api/editing";
import { notices } from "../app/notices.svelte";
import { stroke } from "../editor/draft";
import { History } from "../editor/history.svelte";
import { decode, empty, encode, opaque, sheet, workSize } from "../editor/raster";
import { View, type Point } from "../editor/view.svelte";

export type Hand = "choose" | "box" | "brush" | "smart";
/** What is drawn, by a number of this page. */
export interface Drawn extends Item {
  key: number;
  solid: HTMLCanvasElement | undefined;
}
export type Suggested = Region & { class_id: number | null; key: number; solid: HTMLCanvasElement };
const PAUSE_MS = 600;
let next = 1;

/** The box around the opaque pixels of a sheet, in shares. */
export function around(canvas: HTMLCanvasElement): Box {
  const { width, height } = canvas;
  const data = canvas.getContext("2d")?.getImageData(0, 0, width, height).data ?? [];
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      if ((data[(y * width + x) * 4 + 3] ?? 0) >= 128) {
        left = Math.min(left, x);
        right = Math.max(right, x + 1);
        top = Math.min(top, y);
        bottom = Math.max(bottom, y + 1);
      }
  return [left / width, top / height, Math.max(0, right - left) / width, Math.max(0, bottom - top) / height];
}

export class Labeling {
  readonly view = new View();
  readonly history = new History<{ items: Drawn[]; done: boolean }>({ items: [], done: false });
  hand = $state<Hand>("box");
  adds = $state(true);
  size = $state(0.03);
  current = $state(0);
  chosen = $state<number | undefined>(undefined);
  suggested = $state.raw<Suggested[]>([]);
  busy = $state("");
  failure = $state("");
  /** How far the server knows what is drawn. */
  keeping = $state<"kept" | "open" | "failed">("kept");
  private timer: ReturnType<typeof setTimeout> | undefined;
  private flight: Promise<void> = Promise.resolve();
  readonly work: { w: number; h: number };

  constructor(readonly project: string, readonly picture: Picture, readonly who: string, readonly classes: Class[]) {
    this.work = workSize(picture.width, picture.height);
    this.current = classes[0]?.id ?? 0;
    this.view.show(picture.width, picture.height);
  }

  get items(): Drawn[] {
    return this.history.now.items;
  }
  get done(): boolean {
    return this.history.now.done;
  }
  get item(): Drawn | undefined {
    return this.items.find((one) => one.key === this.chosen);
  }
  classOf(id: number): Class | undefined {
    return this.classes.find((one) => one.id === id);
  }

  async read(): Promise<void> {
    try {
      const found = await api.labels.get(this.project, this.picture.id, this.who);
      this.history.reset({ items: found.items.map((item) => this.drawn(item)), done: found.done });
      this.failure = "";
    } catch (error) {
      this.failure = reason(error);
    }
  }
  private solid(mask: Item["mask"]): HTMLCanvasElement | undefined {
    const { w, h } = this.work;
    return mask ? opaque(decode(mask, w, h), w, h) : undefined;
  }
  private drawn(item: Item): Drawn {
    return { ...item, key: next++, solid: this.solid(item.mask) };
  }

  put(items: Drawn[], key = ""): void {
    this.history.do({ items, done: this.done }, key);
    this.later();
  }
  finish(done: boolean): void {
    this.history.do({ items: this.items, done });
    notices.speak(done ? "Marked as done" : "Open again");
    this.later();
  }
  step(by: "undo" | "redo"): void {
    this.history[by]();
    this.later();
  }
  change(key: number, change: Partial<Drawn>, run = ""): void {
    this.put(this.items.map((item) => (item.key === key ? { ...item, ...change } : item)), run);
  }
  add(box: Box, solid?: HTMLCanvasElement, origin: Item["origin"] = "hand", score: number | null = null, class_id = this.current): void {
    const item: Drawn = { key: next++, class_id, box, mask: solid ? encode(solid) : null, origin, score, solid };
    this.put([...this.items, item]);
    this.chosen = item.key;
    notices.speak(`${this.classOf(class_id)?.name ?? "Item"} added`);
  }
  remove(key: number): void {
    const gone = this.items.find((item) => item.key === key);
    this.put(this.items.filter((item) => item.key !== key));
    if (this.chosen === key) this.chosen = undefined;
    if (gone) notices.speak(`${this.classOf(gone.class_id)?.name ?? "Item"} deleted`);
  }
  /** A class for what comes next, and for what is chosen. */
  choose(index: number): void {
    const one = this.classes[index];
    if (!one) return;
    this.current = one.id;
    if (this.item && this.item.class_id !== one.id) this.change(this.item.key, { class_id: one.id });
    notices.speak(one.name);
  }
  /** A stroke of the brush goes into the chosen mask, or begins a new one. */
  paint(size: number, path: Point[], add: boolean): void {
    const { w, h } = this.work;
    const into = this.item?.solid ? this.item : undefined;
    if (!into && !add) return;
    const [canvas, context] = sheet(w, h);
    if (into?.solid) context.drawImage(into.solid, 0, 0);
    context.globalCompositeOperation = add ? "source-over" : "destination-out";
    context.strokeStyle = "#fff";
    stroke(context, size, path);
    if (empty(canvas)) {
      if (into) this.remove(into.key);
    } else if (into) this.change(into.key, { solid: canvas, mask: encode(canvas), box: around(canvas), origin: "hand" });
    else this.add(around(canvas), canvas);
  }
  /** The smallest thing at a point. */
  hit(at: Point): Drawn | undefined {
    const { w, h } = this.work;
    const [x, y] = [Math.floor(at.x * w), Math.floor(at.y * h)];
    return this.items
      .filter(({ box: [bx, by, bw, bh], solid }) => at.x >= bx && at.y >= by && at.x <= bx + bw && at.y <= by + bh && (!solid || (solid.getContext("2d")?.getImageData(x, y, 1, 1).data[3] ?? 0) > 0))
      .toSorted((a, b) => a.box[2] * a.box[3] - b.box[2] * b.box[3])[0];
  }

  async smart(what: { at?: Point; box?: Box }): Promise<void> {
    if (this.picture.photo_id === null) {
      this.failure = "The edge can only be found in photos of the library.";
      return;
    }
    await this.ask("Finding the edge…", async () => {
      const { mask, pixels } = await editing.masks.select(this.picture.photo_id!, { edits: [], side: 1440, points: what.at ? [{ ...what.at, include: true }] : [], box: what.box ?? null, mask: null, version: null });
      if (pixels === 0) notices.say("Nothing stands out there. Try a box, or the brush.");
      else {
        const solid = this.solid(mask)!;
        this.add(around(solid), solid);
      }
    });
  }
  async suggest(what: string): Promise<void> {
    await this.ask(`Looking for ${what}…`, async () => {
      const { regions } = await api.labels.suggest(this.project, this.picture.id, [what]);
      this.suggested = regions.map((region) => ({ ...region, key: next++, solid: this.solid(region.mask)! }));
      this.chosen = undefined;
      notices.speak(regions.length === 0 ? `No ${what} found` : `${regions.length} suggested. Enter accepts, Backspace rejects.`);
      if (regions.length === 0) notices.say(`Nothing was found in this picture: ${what}.`);
    });
  }
  private async ask(doing: string, work: () => Promise<void>): Promise<void> {
    this.busy = doing;
    this.failure = "";
    try {
      await work();
    } catch (error) {
      this.failure = reason(error);
    } finally {
      this.busy = "";
    }
  }
  /** The first suggestion becomes a label, with its mask or only as a box, or is dropped. */
  decide(accept: boolean, masks = true): void {
    const [one, ...rest] = this.suggested;
    if (!one) return;
    this.suggested = rest;
    if (accept) this.add(one.box, masks ? one.solid : undefined, "suggested", one.score, one.class_id ?? this.current);
    else notices.speak("Rejected");
    this.chosen = undefined;
  }

  private later(): void {
    this.keeping = "open";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.keep(), PAUSE_MS);
  }
  /** Send what is drawn, one after the other; nothing is left when a picture is left. */
  keep(): Promise<void> {
    clearTimeout(this.timer);
    if (this.keeping === "kept") return this.flight;
    const { items, done } = this.history.now;
    this.flight = this.flight.then(async () => {
      try {
        await api.labels.put(this.project, this.picture.id, { annotator: this.who, done, items: items.map(({ class_id, box, mask, origin, score }) => ({ class_id, box, mask, origin, score })) });
        if (this.items === items && this.done === done) this.keeping = "kept";
        this.failure = "";
      } catch (error) {
        this.keeping = "failed";
        this.failure = `Not saved: ${reason(error)}`;
      }
    });
    return this.flight;
  }
}
