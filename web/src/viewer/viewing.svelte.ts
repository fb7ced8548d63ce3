/** The list a photo was opened from, so that the viewer can step through it. */

import type { PhotoSource } from "../grid/source.svelte";

class Viewing {
  source = $state.raw<PhotoSource | undefined>(undefined);
  index = $state(-1);
}

export const viewing = new Viewing();
