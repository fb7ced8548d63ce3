/** How many people are in a photo, and where. */

import { reason } from "../api/client";
import * as api from "../api/editing";
import type { Box, Count } from "../api/editing";

export class Counter {
  now = $state.raw<Count | undefined>(undefined);
  box = $state.raw<Box | undefined>(undefined);
  busy = $state(false);
  failure = $state("");
  private turn = 0;

  constructor(private readonly photo: number) {}

  async run(box?: Box): Promise<void> {
    const turn = ++this.turn;
    this.box = box;
    this.busy = true;
    this.failure = "";
    try {
      const now = await api.count(this.photo, box);
      if (turn === this.turn) this.now = now;
    } catch (error) {
      if (turn === this.turn) this.failure = reason(error);
    } finally {
      if (turn === this.turn) this.busy = false;
    }
  }
}
