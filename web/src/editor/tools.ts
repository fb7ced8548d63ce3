/** The tools of the editor, in the order of the rail. */

import Brush from "@lucide/svelte/icons/eraser";
import Crop from "@lucide/svelte/icons/crop";
import Droplet from "@lucide/svelte/icons/droplet";
import Frame from "@lucide/svelte/icons/frame";
import History from "@lucide/svelte/icons/list";
import Sun from "@lucide/svelte/icons/sun";
import Aperture from "@lucide/svelte/icons/aperture";
import Sparkles from "@lucide/svelte/icons/sparkles";
import Users from "@lucide/svelte/icons/users";
import type { Tool } from "./editing.svelte";

export const TOOLS: { tool: Tool; label: string; icon: typeof Sun }[] = [
  { tool: "remove", label: "Remove", icon: Brush },
  { tool: "crop", label: "Crop", icon: Crop },
  { tool: "perspective", label: "Perspective", icon: Frame },
  { tool: "light", label: "Light", icon: Sun },
  { tool: "color", label: "Color", icon: Droplet },
  { tool: "detail", label: "Detail", icon: Aperture },
  { tool: "effects", label: "Effects", icon: Sparkles },
  { tool: "count", label: "Count", icon: Users },
];
export const LIST = { tool: "edits" as Tool, label: "Edits", icon: History };

/** The tool in which an edit is changed. */
export const toolOf = (name: string): Tool =>
  ({ crop: "crop", rotate: "crop", straighten: "crop", perspective: "perspective", light: "light", white_balance: "color", sharpen: "detail", vignette: "detail", erase: "remove", redact: "remove" } as Record<string, Tool>)[name] ?? "effects";
