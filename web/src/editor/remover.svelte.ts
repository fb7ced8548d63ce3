/** Finding, marking and taking away. */

import { reason } from "../api/client";
import * as api from "../api/editing";
import type { Box } from "../api/editing";
import { notices } from "../app/notices.svelte";
import { found, isEmpty, marked, NOTHING, summary, whole } from "./draft";
import { FINE, type Editing } from "./editing.svelte";
import { effective, isFill } from "./operations";
import type { Point } from "./view.svelte";

export type Way = "erase" | "pixelate" | "blur" | "fill";
const NAMES: Record<string, string> = { plates: "number plates" };
const MANY = new Set(["cranes", "people", "plates", "faces"]);
export const spoken = (what: string): string => NAMES[what] ?? what;

export class Remover {
  /** What one waits for, in words. */
  busy = $state("");
  failure = $state("");
  /** How the last look ended. */
  told = $state("");
  way = $state<Way>("erase");
  method = $state("auto");
  /** Softness of the edge as a share of the longer side. */
  feather = $state(0);
  private flight: AbortController | undefined;

  constructor(private readonly editing: Editing) {}

  private async run<T>(doing: string, work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    this.flight?.abort();
    const flight = (this.flight = new AbortController());
    this.busy = doing;
    this.failure = this.told = "";
    try {
      return await work(flight.signal);
    } catch (error) {
      if (flight.signal.aborted) return undefined;
      this.failure = reason(error);
      return undefined;
    } finally {
      if (this.flight === flight) this.busy = "";
    }
  }
  stop(): void {
    this.flight?.abort();
    this.busy = "";
  }

  /** The masks are about the photo as it was, but what was removed before is not found again. */
  private get asked() {
    return { edits: effective(this.editing.edits).filter(isFill), version: this.editing.versionId };
  }

  async suggest(what: string): Promise<void> {
    const { editing } = this;
    const answer = await this.run(`Looking for ${spoken(what)}…`, (signal) => api.masks.suggest(editing.photo.id, { what: [what], side: FINE, ...this.asked }, signal));
    if (!answer) return;
    const { w, h } = editing.work;
    const others = editing.draft.found.filter((one) => one.what !== what);
    const numbers = new Map<string, number>();
    const fresh = answer.regions.map((region, i) => {
      const number = (numbers.get(region.name) ?? 0) + 1;
      numbers.set(region.name, number);
      return found({ ...region, what }, others.length + i, number, w, h);
    });
    const kept = fresh.filter((one) => one.keep).length;
    if (fresh.length === 0) this.told = `No ${spoken(what)} ${MANY.has(what) ? "were" : "was"} found in this photo. Brush over what disturbs, or click on it.`;
    else {
      this.told = fresh.length === 1 && kept === 1 ? "One was found, and stays: the photo seems to be about this person. Tap to mark it all the same." : `${fresh.length === 1 ? "One was" : `${fresh.length} were`} found.${kept > 0 ? ` ${kept === 1 ? "One stays" : `${kept} stay`}: whom the photo seems to be about.` : ""} Tap ${fresh.length === 1 ? "it" : "one"} to keep or to mark it.`;
      editing.hand = "tap";
    }
    if (fresh.length > 0 || others.length !== editing.draft.found.length) editing.mark({ ...editing.draft, found: [...others, ...fresh] });
    notices.speak(this.told);
  }

  async select(what: { at?: Point; box?: Box; add: boolean }): Promise<void> {
    const { editing } = this;
    const answer = await this.run("Finding the edge…", (signal) =>
      api.masks.select(editing.photo.id, { points: what.at ? [{ ...what.at, include: true }] : [], box: what.box ?? null, mask: null, side: 1440, seam: what.add, ...this.asked }, signal));
    if (!answer) return;
    if (answer.pixels === 0) {
      this.told = "Nothing stands out there. Try a box around it, or the brush.";
      notices.speak(this.told);
      return;
    }
    const { w, h } = editing.work;
    editing.mark({ ...editing.draft, marks: [...editing.draft.marks, marked(answer.mask, what.add, w, h)] });
    notices.speak(what.add ? "Marked" : "No longer marked");
  }

  /** Tap on something found: it is marked, or kept. */
  tap(at: Point): void {
    const { editing } = this;
    const { w, h } = editing.work;
    const x = Math.floor(at.x * w);
    const y = Math.floor(at.y * h);
    const hit = editing.draft.found
      .filter((one) => x >= 0 && y >= 0 && x < w && y < h && (one.solid.getContext("2d")?.getImageData(x, y, 1, 1).data[3] ?? 0) > 0)
      .toSorted((a, b) => a.area - b.area)[0];
    if (hit) this.toggle(hit.id);
  }
  toggle(id: number): void {
    const { editing } = this;
    const list = editing.draft.found.map((one) => (one.id === id ? { ...one, on: !one.on } : one));
    const one = list.find((other) => other.id === id);
    editing.mark({ ...editing.draft, found: list });
    if (one) notices.speak(`${one.title} ${one.on ? "is marked" : "stays"}`);
  }
  all(on: boolean): void {
    const { editing } = this;
    editing.mark({ ...editing.draft, found: editing.draft.found.map((one) => ({ ...one, on })) });
  }
  clear(): void {
    this.stop();
    this.told = this.failure = "";
    if (this.editing.marking) this.editing.mark(NOTHING);
  }

  async apply(): Promise<void> {
    const { editing } = this;
    const { draft } = editing;
    if (isEmpty(draft) || this.busy) return;
    const label = summary(draft);
    const { w, h } = editing.work;
    const mask = await this.run("Putting the marks together…", () => whole(draft, w, h));
    if (this.failure) return;
    if (!mask) {
      this.failure = "Nothing is marked any more: what was marked was taken away again.";
      return;
    }
    const how = this.way === "erase" ? { name: "erase", mask, method: this.method } : { name: "redact", mask, style: this.way };
    editing.fill({ ...how, label, ...(this.way === "erase" && this.feather > 0 ? { feather: this.feather } : {}) });
    notices.speak(this.way === "erase" ? `Removing ${label}` : `Making ${label} unrecognizable`);
  }
}
