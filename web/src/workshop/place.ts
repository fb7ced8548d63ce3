/** Addresses inside the workshop, and the banks that were open lately. */

const KEY = "veduta.banks";
const KEPT = 5;

export const bankAt = (folder: string): string => `/workshop?bank=${encodeURIComponent(folder)}`;
export const landmarkAt = (folder: string, landmark: string): string => `${bankAt(folder)}&landmark=${encodeURIComponent(landmark)}`;

export function lately(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((one): one is string => typeof one === "string") : [];
  } catch {
    return [];
  }
}

export function remember(folder: string): void {
  localStorage.setItem(KEY, JSON.stringify([folder, ...lately().filter((one) => one !== folder)].slice(0, KEPT)));
}

export function forget(folder: string): void {
  localStorage.setItem(KEY, JSON.stringify(lately().filter((one) => one !== folder)));
}
