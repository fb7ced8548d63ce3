/** Pictures drawn by the server while one works: one at a time, and the last wish wins. */

import { reason } from "../api/client";
import { preview, type Edit, type Seen } from "../api/editing";
import { isGeometry } from "./operations";

/** Longest side of what is asked for: sharp on most screens, quick to draw; and for a look from nearby. */
export const SIDE = 1440;
export const NEAR = 2880;
/** A picture that takes longer than this is given up when another is wished, milliseconds. */
const LONG = 700;
/** How long nobody is told that one waits, milliseconds. */
const QUIET = 350;
const KEPT = 10;

interface Wish {
  photo: number;
  version: number | null;
  edits: Edit[];
  side: number;
}

export class Preview {
  shown = $state.raw<Seen | undefined>(undefined);
  /** How the shown picture was cut and turned: what lies over it must match. */
  shape = $state("[]");
  /** A picture is on its way. */
  busy = $state(false);
  /** It takes long enough to say so. */
  slow = $state(false);
  failure = $state("");
  private wish: Wish | undefined;
  private wanted = "";
  private flight: AbortController | undefined;
  private begun = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly made = new Map<string, Seen>();
  private pause: ReturnType<typeof setTimeout> | undefined;

  /** `ready` is a picture that is there already and shows the same. */
  ask(wish: Wish, ready?: Seen): void {
    const key = JSON.stringify(wish);
    if (key === this.wanted && !this.failure) return;
    this.wanted = key;
    const known = ready ?? this.made.get(key);
    if (known) {
      this.wish = undefined;
      this.flight?.abort();
      this.settle();
      this.failure = "";
      void this.show(key, known);
      return;
    }
    this.wish = wish;
    this.busy = true;
    if (this.flight && performance.now() - this.begun > LONG) this.flight.abort();
    if (!this.flight) {
      clearTimeout(this.pause);
      this.pause = setTimeout(() => void this.fly(), 40);
    }
  }

  again(): void {
    const wanted = this.wanted;
    this.wanted = "";
    if (wanted) this.ask(JSON.parse(wanted) as Wish);
  }

  end(): void {
    this.wish = undefined;
    this.wanted = "";
    clearTimeout(this.pause);
    this.flight?.abort();
    this.settle();
    for (const seen of this.made.values()) URL.revokeObjectURL(seen.url);
    this.made.clear();
  }

  private settle(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.slow = this.busy = false;
  }

  private async fly(): Promise<void> {
    if (!this.wish || this.flight) return;
    const { photo, version, edits, side } = this.wish;
    const key = JSON.stringify(this.wish);
    this.wish = undefined;
    this.begun = performance.now();
    this.timer ??= setTimeout(() => (this.slow = true), QUIET);
    const flight = (this.flight = new AbortController());
    try {
      const seen = await preview(photo, edits, side, version, flight.signal);
      this.keep(key, seen);
      await this.show(key, seen);
      if (key === this.wanted) this.failure = "";
    } catch (error) {
      if (!flight.signal.aborted && key === this.wanted) this.failure = reason(error);
    } finally {
      this.flight = undefined;
      if (this.wish) void this.fly();
      else this.settle();
    }
  }

  private keep(key: string, seen: Seen): void {
    this.made.set(key, seen);
    for (const [old, { url }] of this.made) {
      if (this.made.size <= KEPT) break;
      if (url === this.shown?.url || old === key) continue;
      URL.revokeObjectURL(url);
      this.made.delete(old);
    }
  }

  /** Decoded first, so that nothing flickers; an older one is shown while a newer is on its way. */
  private async show(key: string, seen: Seen): Promise<void> {
    const picture = new Image();
    picture.src = seen.url;
    await picture.decode().catch(() => undefined);
    if (key !== this.wanted && !this.wish) return;
    this.shown = seen;
    this.shape = JSON.stringify((JSON.parse(key) as Wish).edits.filter(isGeometry));
  }
}
