/** Which photos are chosen. */

import { SvelteMap } from "svelte/reactivity";
import type { PhotoCard } from "../api/types";
import type { PhotoSource } from "./source.svelte";

export class Selection {
  readonly photos = new SvelteMap<number, PhotoCard>();
  /** Where the last single choice was made: Shift extends from here. */
  anchor: number | undefined;

  get size(): number {
    return this.photos.size;
  }

  get ids(): number[] {
    return [...this.photos.keys()];
  }

  has(id: number): boolean {
    return this.photos.has(id);
  }

  toggle(photo: PhotoCard, index: number): void {
    if (!this.photos.delete(photo.id)) this.photos.set(photo.id, photo);
    this.anchor = index;
  }

  /** Choose everything between the anchor and a position. */
  async extend(source: PhotoSource, index: number): Promise<void> {
    const from = this.anchor ?? index;
    this.add(await source.range(Math.min(from, index), Math.max(from, index)));
  }

  add(photos: PhotoCard[]): void {
    for (const photo of photos) this.photos.set(photo.id, photo);
  }

  remove(photos: PhotoCard[]): void {
    for (const photo of photos) this.photos.delete(photo.id);
  }

  clear(): void {
    this.photos.clear();
    this.anchor = undefined;
  }
}
