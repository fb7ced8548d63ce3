/** How a picture lies on the stage: fitted, zoomed, moved; and from screen to picture and back. */

export interface Point {
  x: number;
  y: number;
}

const LARGEST = 16;

export class View {
  /** The stage, in screen pixels. */
  width = $state(0);
  height = $state(0);
  /** The picture, in its own pixels. */
  pw = $state(1);
  ph = $state(1);
  /** Room around the fitted picture, in screen pixels. */
  margin = $state(20);
  zoom = $state(1);
  x = $state(0);
  y = $state(0);
  readonly fit = $derived(Math.max(0.001, Math.min((this.width - 2 * this.margin) / this.pw, (this.height - 2 * this.margin) / this.ph, 4)));
  /** Screen pixels a picture pixel. */
  readonly scale = $derived(this.fit * this.zoom);
  readonly left = $derived(this.width / 2 + this.x - (this.pw * this.scale) / 2);
  readonly top = $derived(this.height / 2 + this.y - (this.ph * this.scale) / 2);

  get zoomed(): boolean {
    return this.zoom > 1.01;
  }

  show(pw: number, ph: number): void {
    if (pw === this.pw && ph === this.ph) return;
    this.pw = pw;
    this.ph = ph;
    this.bound();
  }
  reset(): void {
    this.zoom = 1;
    this.x = this.y = 0;
  }
  by(factor: number): void {
    this.to(this.zoom * factor, this.width / 2, this.height / 2);
  }
  /** Zoom so that what lies under a point of the stage stays there. */
  to(zoom: number, cx: number, cy: number): void {
    const next = Math.max(1, Math.min(LARGEST, zoom));
    this.x -= (cx - this.width / 2 - this.x) * (next / this.zoom - 1);
    this.y -= (cy - this.height / 2 - this.y) * (next / this.zoom - 1);
    this.zoom = next;
    this.bound();
  }
  pan(dx: number, dy: number): void {
    this.x += dx;
    this.y += dy;
    this.bound();
  }
  /** Bring a point of the picture into sight. */
  reveal(point: Point): void {
    const sx = this.left + point.x * this.scale;
    const sy = this.top + point.y * this.scale;
    const edge = 40;
    this.pan(sx < edge ? edge - sx : sx > this.width - edge ? this.width - edge - sx : 0, sy < edge ? edge - sy : sy > this.height - edge ? this.height - edge - sy : 0);
  }
  /** The point of the picture under a point of the stage. */
  at(sx: number, sy: number): Point {
    return { x: (sx - this.left) / this.scale, y: (sy - this.top) / this.scale };
  }

  private bound(): void {
    const rx = Math.max(0, (this.pw * this.scale - this.width) / 2 + this.margin);
    const ry = Math.max(0, (this.ph * this.scale - this.height) / 2 + this.margin);
    this.x = this.zoom <= 1 ? 0 : Math.max(-rx, Math.min(rx, this.x));
    this.y = this.zoom <= 1 ? 0 : Math.max(-ry, Math.min(ry, this.y));
  }
}
