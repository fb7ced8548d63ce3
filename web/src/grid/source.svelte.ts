/** A long ordered list of photos, known by its day counts and fetched in chunks as they come into view. */

import type { PhotoCard } from "../api/types";
import { type Block, shape } from "./layout";

export interface Chunk {
  index: number;
  /** Position of its first photo in the whole list. */
  offset: number;
  count: number;
  blocks: Block[];
  /** "2024-05" where a month begins, "unknown" before photos without a time, else undefined. */
  month: string | undefined;
  /** The earliest month under that title. */
  since?: string;
}

export interface Day {
  day: string | null;
  count: number;
}

export type Fetch = (offset: number, limit: number) => Promise<PhotoCard[]>;

const CHUNK = 160;
const KEPT = 120;

/** Months with fewer photos share a title with their neighbors of the same year. */
const FEW = 12;

/** Cut days into chunks of at most CHUNK photos; a month, or a few quiet months together, begins with a title. */
export function chunksOf(days: Day[]): Chunk[] {
  const months: { first: string; last: string; days: Day[]; count: number }[] = [];
  for (const day of days) {
    const of = day.day === null ? "unknown" : day.day.slice(0, 7);
    const open = months.at(-1);
    if (open?.last === of) {
      open.days.push(day);
      open.count += day.count;
    } else months.push({ first: of, last: of, days: [day], count: day.count });
  }
  const spans: typeof months = [];
  for (const month of months) {
    const open = spans.at(-1);
    if (open && open.last.slice(0, 4) === month.first.slice(0, 4) && open.count < FEW && month.count < FEW) {
      open.last = month.last;
      open.days.push(...month.days);
      open.count += month.count;
    } else spans.push({ ...month });
  }
  const chunks: Chunk[] = [];
  let offset = 0;
  for (const span of spans) {
    let open: Chunk | undefined;
    for (const { day, count } of span.days) {
      let left = count;
      while (left > 0) {
        if (!open || open.count >= CHUNK || (left === count && open.count + count > CHUNK)) {
          const begins: boolean = open === undefined;
          open = { index: chunks.length, offset, count: 0, blocks: [], month: begins ? span.first : undefined, since: span.last };
          chunks.push(open);
        }
        const take: number = Math.min(left, CHUNK - open.count);
        open.blocks.push({ day, start: open.count, count: take, continued: left < count, continues: take < left });
        open.count += take;
        offset += take;
        left -= take;
      }
    }
  }
  return chunks;
}

/** Cut a list without days into chunks that flow into each other. */
export function plainChunks(total: number): Chunk[] {
  const chunks: Chunk[] = [];
  for (let offset = 0; offset < total; offset += CHUNK) {
    const count = Math.min(CHUNK, total - offset);
    const block = { day: undefined, start: 0, count, continued: offset > 0, continues: offset + count < total };
    chunks.push({ index: chunks.length, offset, count, blocks: [block], month: undefined });
  }
  return chunks;
}

export class PhotoSource {
  readonly chunks: Chunk[];
  readonly total: number;
  /** Grows whenever photos arrived or changed: read it to be told. */
  version = $state(0);
  /** The reason why the last page did not come, in words. */
  failure = $state<unknown>(undefined);
  /** Mean width / height of what was seen so far, for the chunks that were not. */
  aspect = 1.4;
  private readonly pages = new Map<number, PhotoCard[]>();
  private readonly coming = new Map<number, Promise<PhotoCard[]>>();
  private readonly places = new Map<number, number>();

  constructor(
    chunks: Chunk[],
    private readonly fetch: Fetch,
  ) {
    this.chunks = chunks;
    this.total = chunks.reduce((sum, chunk) => sum + chunk.count, 0);
  }

  static days(days: Day[], fetch: Fetch): PhotoSource {
    return new PhotoSource(chunksOf(days), fetch);
  }

  /** A list whose first page is here already. */
  static plain(total: number, fetch: Fetch, first: PhotoCard[] = []): PhotoSource {
    const source = new PhotoSource(plainChunks(total), fetch);
    const chunk = source.chunks[0];
    if (chunk && first.length >= chunk.count) source.keep(chunk, first.slice(0, chunk.count));
    return source;
  }

  chunkAt(index: number): Chunk | undefined {
    let low = 0;
    let high = this.chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.chunks[middle]?.offset ?? 0) <= index) low = middle;
      else high = middle - 1;
    }
    return this.chunks[low];
  }

  page(chunk: Chunk): PhotoCard[] | undefined {
    return this.pages.get(chunk.index);
  }

  at(index: number): PhotoCard | undefined {
    const chunk = this.chunkAt(index);
    return chunk && this.pages.get(chunk.index)?.[index - chunk.offset];
  }

  indexOf(id: number): number | undefined {
    return this.places.get(id);
  }

  /** Fetch a chunk unless it is here or on its way. */
  async ensure(chunk: Chunk): Promise<PhotoCard[]> {
    const here = this.pages.get(chunk.index);
    if (here) {
      this.pages.delete(chunk.index);
      this.pages.set(chunk.index, here); // most recently used last
      return here;
    }
    let coming = this.coming.get(chunk.index);
    if (!coming) {
      coming = this.fetch(chunk.offset, chunk.count)
        .then((photos) => {
          this.keep(chunk, photos);
          this.failure = undefined;
          return photos;
        })
        .catch((error: unknown) => {
          this.failure = error;
          throw error;
        })
        .finally(() => this.coming.delete(chunk.index));
      this.coming.set(chunk.index, coming);
    }
    return coming;
  }

  async load(index: number): Promise<PhotoCard | undefined> {
    const chunk = this.chunkAt(index);
    if (!chunk || index < 0 || index >= this.total) return undefined;
    return (await this.ensure(chunk))[index - chunk.offset];
  }

  /** All photos from one position to another, both included. */
  async range(from: number, to: number): Promise<PhotoCard[]> {
    const found: PhotoCard[] = [];
    for (const chunk of this.chunks) {
      if (chunk.offset > to || chunk.offset + chunk.count <= from) continue;
      const photos = await this.ensure(chunk);
      found.push(...photos.slice(Math.max(0, from - chunk.offset), to - chunk.offset + 1));
    }
    return found;
  }

  /** Keep the pages of an older list where the days did not change, so that nothing flickers while photos come in. */
  adopt(older: PhotoSource): void {
    const name = (chunk: Chunk): string => chunk.blocks.map((b) => `${b.day}:${b.count}:${b.continued}:${b.continues}`).join();
    const known = new Map<string, PhotoCard[]>();
    for (const chunk of older.chunks) {
      const page = older.pages.get(chunk.index);
      const whole = !chunk.blocks.some((b) => b.continued || b.continues);
      if (page && whole) known.set(name(chunk), page);
    }
    for (const chunk of this.chunks) {
      const page = known.get(name(chunk));
      if (page) this.keep(chunk, page);
    }
    this.aspect = older.aspect;
  }

  /** Take over changed fields of photos that are shown. */
  patch(ids: Iterable<number>, change: Partial<PhotoCard>): void {
    for (const id of ids) {
      const photo = this.at(this.places.get(id) ?? -1);
      if (photo) Object.assign(photo, change);
    }
    this.version++;
  }

  private keep(chunk: Chunk, photos: PhotoCard[]): void {
    this.pages.set(chunk.index, photos);
    photos.forEach((photo, i) => this.places.set(photo.id, chunk.offset + i));
    if (photos.length > 0) {
      const mean = photos.reduce((sum, photo) => sum + shape(photo.width, photo.height), 0) / photos.length;
      this.aspect = this.aspect * 0.7 + mean * 0.3;
    }
    if (this.pages.size > KEPT) {
      const oldest = this.pages.keys().next().value;
      if (oldest !== undefined) this.pages.delete(oldest);
    }
    this.version++;
  }
}
