/** One photo on the table: its edits, what is being marked, which tool is in the hand. */

import * as api from "../api/editing";
import type { Edit, Seen, Version } from "../api/editing";
import type { PhotoDetail } from "../api/types";
import { NOTHING, type Draft } from "./draft";
import { History } from "./history.svelte";
import { effective, isFill, isGeometry, ordered, read, write, type Adjustment } from "./operations";
import { NEAR, Preview, SIDE } from "./preview.svelte";
import { workSize } from "./raster";
import { View } from "./view.svelte";

export type Tool = "remove" | "crop" | "perspective" | "light" | "color" | "detail" | "effects" | "count" | "edits";
export type Hand = "tap" | "brush" | "smart" | "box";
export interface Doing {
  edits: Edit[];
  draft: Draft;
}
/** Longest side of the masks that the server is asked for: thin cables must not get lost. */
export const FINE = 2048;

export class Editing {
  readonly view = new View();
  readonly preview = new Preview();
  readonly before = new Preview();
  readonly history: History<Doing>;
  tool = $state<Tool>("remove");
  hand = $state<Hand>("tap");
  /** Whether the hand adds to what is marked, or takes from it. */
  adds = $state(true);
  /** Diameter of the brush as a share of the longer side. */
  size = $state(0.04);
  /** The corners of the perspective are being placed: the picture is shown as it was. */
  placing = $state(false);
  picking = $state(false);
  comparing = $state(false);
  /** Marks that are being filled in: they are seen until the picture comes. */
  filling = $state.raw<Draft>(NOTHING);
  version = $state.raw<Version | undefined>(undefined);
  /** The picture without edits: the photo's size, or that of a stack. */
  base = $state.raw<Seen>({ url: "", width: 1, height: 1 });
  private saved = $state("");

  constructor(readonly photo: PhotoDetail, version?: Version) {
    this.version = version;
    this.base = { url: photo.preview, width: photo.width, height: photo.height };
    const edits = version ? ordered(version.edits) : [];
    this.history = new History<Doing>({ edits, draft: NOTHING });
    this.saved = JSON.stringify(edits);
  }

  get versionId(): number | null {
    return this.version?.id ?? null;
  }
  get stacked(): boolean {
    return (this.version?.stacked.length ?? 0) > 0;
  }
  get edits(): Edit[] {
    return this.history.now.edits;
  }
  get draft(): Draft {
    return this.history.now.draft;
  }
  /** There is work that no version holds. */
  get dirty(): boolean {
    return JSON.stringify(this.edits) !== this.saved;
  }
  get marking(): boolean {
    return this.draft.found.length > 0 || this.draft.marks.length > 0;
  }
  readonly work = $derived(workSize(this.base.width, this.base.height));
  /** What is shown in the hand of this tool. */
  readonly list = $derived.by(() => {
    const edits = effective(this.edits);
    if (this.tool === "remove") return edits.filter((edit) => !isGeometry(edit));
    // What was removed was there when it was counted.
    if (this.tool === "count") return edits.filter((edit) => !isGeometry(edit) && !isFill(edit));
    if (this.tool === "crop") return edits.filter((edit) => edit.name !== "crop");
    if (this.tool === "perspective" && this.placing) return edits.filter((edit) => !isGeometry(edit));
    return edits;
  });
  /** From nearby, finer pictures are asked for. */
  readonly side = $derived(this.view.zoom > 1.7 && Math.max(this.base.width, this.base.height) > SIDE * 1.2 ? NEAR : SIDE);
  readonly geometry = $derived(this.list.filter(isGeometry));

  /** The size of the picture of a stack is not that of its first photo. */
  async open(): Promise<void> {
    if (!this.stacked) return;
    const { url, width, height } = await api.preview(this.photo.id, [], SIDE, this.versionId, new AbortController().signal);
    this.base = { url, width, height };
  }

  show(): void {
    const ask = (edits: Edit[]) => ({ photo: this.photo.id, version: this.versionId, edits, side: this.side });
    // Without edits, the picture is there already.
    const ready = (edits: Edit[]) => (edits.length === 0 && this.side === SIDE ? this.base : undefined);
    this.preview.ask(ask(this.list), ready(this.list));
    if (this.comparing) this.before.ask(ask(this.geometry), ready(this.geometry));
  }

  read<T>(name: Adjustment): T {
    return read<T>(this.edits, name);
  }
  /** Change parameters of an adjustment; pulls of one slider are one step. */
  adjust(name: Adjustment, change: Record<string, unknown>, key = ""): void {
    this.history.do({ ...this.history.now, edits: write(this.edits, name, change) }, key);
  }
  put(edits: Edit[], key = ""): void {
    this.history.do({ ...this.history.now, edits: ordered(edits) }, key);
  }
  mark(draft: Draft, key = ""): void {
    this.history.do({ ...this.history.now, draft }, key);
  }
  /** A step that adds a fill and puts the marks away. */
  fill(edit: Edit): void {
    this.filling = this.draft;
    this.history.do({ edits: ordered([...this.edits, edit]), draft: NOTHING });
  }

  kept(version: Version): void {
    this.version = version;
    this.saved = JSON.stringify(this.edits);
  }

  end(): void {
    this.preview.end();
    this.before.end();
    if (this.stacked) URL.revokeObjectURL(this.base.url);
  }
}
