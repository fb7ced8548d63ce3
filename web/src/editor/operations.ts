/** The edits of a list: what each changes, in which order they come, how they are called. */

import type { Edit } from "../api/editing";
import { spoken } from "./effects";

export type Adjustment = "perspective" | "straighten" | "rotate" | "crop" | "light" | "white_balance" | "sharpen" | "vignette";

/** Fills come first: their masks are about the photo itself, and a slider moved later does not fill again. */
const ORDER = ["erase", "redact", "perspective", "rotate", "straighten", "crop", "denoise", "deblur", "dehaze", "low_light", "auto_white_balance", "auto_levels", "white_balance", "light", "sharpen", "vignette", "style", "sketch"];
/** Effects that are not named come before the hand's own light and color. */
const OTHERS = ORDER.indexOf("auto_levels");
const rank = (edit: Edit): number => {
  const place = ORDER.indexOf(edit.name);
  return place < 0 ? OTHERS : edit.name === "redact" ? 0 : place;
};
export const ordered = (edits: Edit[]): Edit[] => edits.toSorted((a, b) => rank(a) - rank(b));

const GEOMETRY = new Set(["perspective", "rotate", "straighten", "crop"]);
const FILLS = new Set(["erase", "redact"]);
export const isGeometry = (edit: Edit): boolean => GEOMETRY.has(edit.name);
export const isFill = (edit: Edit): boolean => FILLS.has(edit.name);
export const isOn = (edit: Edit): boolean => edit.on !== false;

export const CORNERS: [number, number][] = [[0, 0], [1, 0], [1, 1], [0, 1]];
const NEUTRAL: Record<Adjustment, Record<string, unknown>> = {
  perspective: { corners: CORNERS },
  rotate: { quarters: 0, mirror: false },
  straighten: { degrees: 0 },
  crop: { x: 0, y: 0, width: 1, height: 1 },
  white_balance: { temperature: 0, tint: 0 },
  light: { exposure: 0, contrast: 0, shadows: 0, highlights: 0 },
  sharpen: { amount: 0, radius: 1 },
  vignette: { amount: 0, size: 0.5 },
};

/** The parameters of an adjustment, as they are or as nothing would be changed. */
export function read<T>(edits: Edit[], name: Adjustment): T {
  return { ...NEUTRAL[name], ...edits.find((edit) => edit.name === name) } as T;
}

function neutral(edit: Edit): boolean {
  const none = NEUTRAL[edit.name as Adjustment];
  if (!none) return false;
  if (edit.name === "sharpen" || edit.name === "vignette") return edit["amount"] === 0;
  return Object.entries(none).every(([key, value]) => JSON.stringify(edit[key] ?? value) === JSON.stringify(value));
}

/** The list with parameters of an adjustment changed; what changes nothing any more leaves it. */
export function write(edits: Edit[], name: Adjustment, change: Record<string, unknown>): Edit[] {
  const old = edits.find((edit) => edit.name === name);
  const { on: _, ...kept } = old ?? { name };
  const next = { ...NEUTRAL[name], ...kept, ...change, name } as Edit;
  const rest = edits.filter((edit) => edit !== old);
  return neutral(next) ? rest : ordered([...rest, next]);
}

/** What is sent: only what has an effect. */
export const effective = (edits: Edit[]): Edit[] => edits.filter(isOn).map(({ on: _on, label: _label, ...edit }) => edit as Edit);

const signed = (value: number, digits = 0): string => `${value > 0 ? "+" : value < 0 ? "−" : ""}${Math.abs(value).toFixed(digits)}`;
const percent = (value: unknown): string => signed(Number(value ?? 0) * 100);

const amounts = (edit: Edit): string =>
  Object.entries(edit).filter(([key]) => !["name", "on", "label", "side", "second", "blend"].includes(key)).map(([key, value]) =>
    typeof value === "number" ? `${spoken(key).toLowerCase()} ${Number(value.toFixed(2))}` : typeof value === "string" ? spoken(value).toLowerCase() : "").filter(Boolean).join(", ");

/** The name of an edit, and its amounts in words. */
export function described(edit: Edit): { title: string; text: string } {
  const say = (...parts: (string | false | undefined)[]): string => parts.filter(Boolean).join(", ");
  switch (edit.name) {
    case "erase": return { title: "Remove", text: edit.label || "what was marked" };
    case "redact": return { title: "Make unrecognizable", text: edit.label || "what was marked" };
    case "crop": return { title: "Crop", text: `${Math.round(Number(edit["width"]) * 100)} × ${Math.round(Number(edit["height"]) * 100)} % of the picture` };
    case "rotate": return { title: "Turn", text: say(Number(edit["quarters"]) > 0 && `${Number(edit["quarters"]) * 90}° clockwise`, Boolean(edit["mirror"]) && "mirrored") };
    case "straighten": return { title: "Straighten", text: `${signed(Number(edit["degrees"]), 1)}°` };
    case "perspective": return { title: "Perspective", text: "four corners" };
    case "light":
      return { title: "Light", text: say(Boolean(edit["exposure"]) && `exposure ${signed(Number(edit["exposure"]), 2)}`, ...["contrast", "shadows", "highlights"].map((key) => Boolean(edit[key]) && `${key} ${percent(edit[key])}`)) };
    case "white_balance": return { title: "Color", text: say(Boolean(edit["temperature"]) && `temperature ${percent(edit["temperature"])}`, Boolean(edit["tint"]) && `tint ${percent(edit["tint"])}`) };
    case "sharpen": return { title: "Sharpen", text: percent(edit["amount"]).replace("+", "") + " %" };
    case "vignette": return { title: "Vignette", text: percent(edit["amount"]) };
    default: return { title: spoken(edit.name), text: amounts(edit) };
  }
}
