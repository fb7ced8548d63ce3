/** Effects: edits that are switched on with amounts that are usual. The server tells which there are. */

import type { Edit, Operation, Parameter } from "../api/editing";

/** Effects that make another picture of it; all others bring back what the photo has lost. */
const LOOKS = new Set(["style", "sketch"]);

export const usual = (one: Operation): Edit => ({ ...one.usual, name: one.name });

export function grouped(operations: Operation[]): { title: string; effects: Operation[] }[] {
  const known = operations.filter((one) => Object.keys(one.usual).length > 0);
  return [
    { title: "Restore", effects: known.filter((one) => !LOOKS.has(one.name)) },
    { title: "Make another picture of it", effects: known.filter((one) => LOOKS.has(one.name)) },
  ].filter((group) => group.effects.length > 0);
}

export const spoken = (name: string): string => (name.charAt(0).toUpperCase() + name.slice(1)).replaceAll("_", " ");

/** Amounts that a slider can hold and that do something now; sizes in thousands of pixels stay as is usual. */
export const shown = (one: Operation, edit: Edit): Parameter[] =>
  one.parameters.filter(({ name, high }) => (high ?? 0) <= 4096 && !(name === "blend" && (edit["second"] ?? "none") === "none"));

/** What an amount is called, where its name alone says too little. */
const CALLED: Record<string, string> = { second: "Mixed with", blend: "Share of the second", colors: "Keep the photo’s colors", color: "Pencil", width: "Breadth of shades" };
export const called = (parameter: Parameter): string => CALLED[parameter.name] ?? spoken(parameter.name);

/** Whether an amount is a share, and told in percent. */
const share = (one: Parameter): boolean => one.kind === "number" && (one.high ?? 0) <= 1 && (one.low ?? 0) >= -1;

export const told = (one: Parameter, value: number): string =>
  share(one) ? `${Math.round(value * 100)} %`.replace("-", "−") : one.kind === "integer" ? `${value}` : value.toFixed(1);

export function step(one: Parameter): number {
  if (one.kind === "integer") return 1;
  const reach = (one.high ?? 1) - (one.low ?? 0);
  return reach <= 2 ? 0.01 : reach <= 10 ? 0.1 : 0.5;
}
