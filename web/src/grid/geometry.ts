/** Where every photo of a long list lies: exact for what was fetched, estimated for the rest. */

import { type Box, lay, type Layout, type Measures, shape } from "./layout";
import type { Chunk, PhotoSource } from "./source.svelte";

export interface Placed extends Box {
  index: number;
}

export class Geometry {
  /** y of each chunk, and the whole height at the end. */
  readonly tops: Float64Array;
  private readonly heights: Float64Array;
  private readonly exact: Uint8Array;
  private readonly layouts = new Map<number, Layout>();

  constructor(
    readonly source: PhotoSource,
    readonly measures: Measures,
    /** Height of a month's title; 0 where months are not shown. */
    private readonly monthHeight: number,
  ) {
    const n = source.chunks.length;
    this.tops = new Float64Array(n + 1);
    this.heights = new Float64Array(n);
    this.exact = new Uint8Array(n);
    for (const chunk of source.chunks) this.measure(chunk);
    this.stack(0);
  }

  get height(): number {
    return this.tops[this.source.chunks.length] ?? 0;
  }

  titleHeight(chunk: Chunk): number {
    return chunk.month === undefined ? 0 : this.monthHeight;
  }

  /** Take the true shapes of chunks that came in; tell whether anything moved. */
  refresh(chunks: Chunk[]): boolean {
    let first = Infinity;
    for (const chunk of chunks) {
      if (this.exact[chunk.index] || !this.source.page(chunk)) continue;
      const before = this.heights[chunk.index];
      this.measure(chunk);
      if (before !== this.heights[chunk.index]) first = Math.min(first, chunk.index);
      else first = Math.min(first, this.source.chunks.length); // same height, yet boxes moved inside
    }
    if (first === Infinity) return false;
    if (first < this.source.chunks.length) this.stack(first);
    return true;
  }

  layout(chunk: Chunk): Layout {
    let layout = this.layouts.get(chunk.index);
    if (!layout) {
      layout = this.compute(chunk);
      if (this.layouts.size > 60) this.layouts.clear();
      this.layouts.set(chunk.index, layout);
    }
    return layout;
  }

  /** The chunks that touch a stretch of the list. */
  between(from: number, to: number): Chunk[] {
    const { chunks } = this.source;
    if (chunks.length === 0) return [];
    const found: Chunk[] = [];
    for (let i = this.chunkAtY(from); i < chunks.length && (this.tops[i] ?? 0) <= to; i++) {
      const chunk = chunks[i];
      if (chunk) found.push(chunk);
    }
    return found;
  }

  chunkAtY(y: number): number {
    let low = 0;
    let high = this.source.chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.tops[middle] ?? 0) <= y) low = middle;
      else high = middle - 1;
    }
    return Math.max(0, low);
  }

  /** Box of one photo in the whole list. */
  box(index: number): Placed | undefined {
    const chunk = this.source.chunkAt(index);
    const box = chunk && this.layout(chunk).boxes[index - chunk.offset];
    if (!chunk || !box) return undefined;
    return { index, x: box.x, w: box.w, h: box.h, y: box.y + (this.tops[chunk.index] ?? 0) + this.titleHeight(chunk) };
  }

  /** Photos whose boxes touch a stretch of the list. */
  visible(from: number, to: number): Placed[] {
    const found: Placed[] = [];
    for (const chunk of this.between(from, to)) {
      const top = (this.tops[chunk.index] ?? 0) + this.titleHeight(chunk);
      this.layout(chunk).boxes.forEach((box, i) => {
        const y = top + box.y;
        if (y + box.h + this.measures.caption >= from && y <= to) found.push({ index: chunk.offset + i, x: box.x, y, w: box.w, h: box.h });
      });
    }
    return found;
  }

  /** The photo in the row above (-1) or below (1) that lies nearest. */
  vertical(index: number, step: -1 | 1): number | undefined {
    const from = this.box(index);
    if (!from) return undefined;
    const middle = from.x + from.w / 2;
    const reach = this.measures.row * 4 + this.monthHeight + this.measures.header;
    const near = this.visible(from.y - reach, from.y + from.h + reach).filter((box) => (box.y - from.y) * step > 4);
    const row = near.reduce((best, box) => Math.min(best, Math.abs(box.y - from.y)), Infinity);
    const there = near.filter((box) => Math.abs(Math.abs(box.y - from.y) - row) < 4);
    there.sort((a, b) => Math.abs(a.x + a.w / 2 - middle) - Math.abs(b.x + b.w / 2 - middle));
    return there[0]?.index;
  }

  private measure(chunk: Chunk): void {
    const layout = this.compute(chunk);
    this.heights[chunk.index] = layout.height + this.titleHeight(chunk);
    this.exact[chunk.index] = this.source.page(chunk) ? 1 : 0;
    this.layouts.delete(chunk.index);
  }

  private compute(chunk: Chunk): Layout {
    const page = this.source.page(chunk);
    const aspects = new Float32Array(chunk.count).fill(this.source.aspect);
    page?.forEach((photo, i) => (aspects[i] = shape(photo.width, photo.height)));
    return lay(aspects, chunk.blocks, this.measures);
  }

  private stack(from: number): void {
    for (let i = from; i < this.heights.length; i++) this.tops[i + 1] = (this.tops[i] ?? 0) + (this.heights[i] ?? 0);
  }
}
