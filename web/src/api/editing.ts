/** What the editor asks: previews, masks, versions, long renders, counts. */

import { Refusal, send } from "./client";
import type { Rle } from "../editor/raster";

/** A named operation with its parameters; `on: false` keeps it in the list without effect. */
export interface Edit {
  name: string;
  on?: boolean;
  label?: string;
  [parameter: string]: unknown;
}
export type Box = [number, number, number, number];
export interface Region {
  name: string;
  kind: string;
  what: string;
  score: number;
  box: Box;
  mask: Rle;
  keep: boolean;
  person?: string | null;
}
export interface Chosen {
  width: number;
  height: number;
  mask: Rle;
  pixels: number;
}
export interface Version {
  id: number;
  photo_id: number;
  name: string;
  edits: Edit[];
  /** The photos that its own picture was made of. */
  stacked: number[];
  /** A network made up details of it. */
  invented: boolean;
  created: string;
  changed: string;
  width: number;
  height: number;
  bytes: number | null;
  rendered: boolean;
  thumb: string;
  preview: string;
  file: string;
}
export interface Job {
  id: string;
  kind: "render" | "stack" | "enlarge" | "fuse" | "panorama" | "clip";
  photo_id: number;
  version_id: number | null;
  state: "waiting" | "running" | "stopping" | "stopped" | "done" | "failed";
  stage: string | null;
  done: number;
  total: number | null;
  fraction: number | null;
  message: string | null;
}
export interface Count {
  count: number;
  low: number;
  high: number;
  boxes: Box[];
  /** Their heads, in shares of the photo. */
  points: [number, number][];
  method: string;
}
/** A parameter of an operation, as the server declares it. */
export interface Parameter {
  name: string;
  kind: "number" | "integer" | "flag" | "choice" | "corners" | "mask";
  low: number | null;
  high: number | null;
  neutral: unknown;
  choices: string[] | null;
}
export interface Operation {
  name: string;
  title: string;
  /** Parameters of who asks for it without naming any; without some, it is no effect. */
  usual: Record<string, unknown>;
  parameters: Parameter[];
}
export interface Operations {
  operations: Operation[];
  methods: string[];
  what: string[];
}

export const post = <T>(url: string, body: unknown, signal?: AbortSignal, method = "POST"): Promise<T> =>
  send<T>(url, { method, body: JSON.stringify(body), headers: { "content-type": "application/json" }, ...(signal ? { signal } : {}) });

const at = (photo: number): string => `/api/photos/${photo}`;

export interface Seen {
  url: string;
  /** The size of the full picture after these edits. */
  width: number;
  height: number;
}

/** Have a picture drawn with edits; gives the address of its bytes, which the caller gives back. */
export async function preview(photo: number, edits: Edit[], side: number, version: number | null, signal: AbortSignal): Promise<Seen> {
  let response: Response;
  try {
    response = await fetch(`${at(photo)}/preview`, {
      method: "POST", credentials: "same-origin", signal, headers: { "x-veduta": "1", "content-type": "application/json" },
      body: JSON.stringify({ edits, side, format: "jpeg", version }),
    });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Refusal("Veduta does not answer. Is it still running? Start it with “veduta up”.", 0);
  }
  if (!response.ok) {
    const told = (await response.json().catch(() => ({}))) as { detail?: string };
    throw new Refusal(told.detail ?? `the server answered ${response.status}`, response.status);
  }
  const blob = await response.blob();
  return { url: URL.createObjectURL(blob), width: Number(response.headers.get("x-veduta-width")), height: Number(response.headers.get("x-veduta-height")) };
}

export const masks = {
  suggest: (photo: number, body: { what: string[]; edits: Edit[]; side: number; version: number | null }, signal?: AbortSignal) =>
    post<{ width: number; height: number; regions: Region[] }>(`${at(photo)}/masks/suggest`, body, signal),
  select: (photo: number, body: { edits: Edit[]; side: number; points: { x: number; y: number; include: boolean }[]; box: Box | null; mask: Rle | null; version: number | null }, signal?: AbortSignal) =>
    post<Chosen>(`${at(photo)}/masks/select`, body, signal),
  combine: (steps: { operation: "add" | "subtract"; mask: Rle }[]) => post<Chosen>("/api/masks/combine", { steps, grow: 0, invert: false }),
};

/** How white balance must be for a spot to be gray. */
export const neutral = (photo: number, body: { x: number; y: number; edits: Edit[]; version: number | null }) =>
  post<{ temperature: number; tint: number }>(`${at(photo)}/neutral`, body);

export const operations = () => send<Operations>("/api/edit/operations");

export const versions = {
  list: async (photo: number) => (await send<{ versions: Version[] }>(`${at(photo)}/versions`)).versions,
  get: (photo: number, version: number) => send<Version>(`${at(photo)}/versions/${version}`),
  make: (photo: number, body: { name?: string; edits: Edit[]; version: number | null }) => post<Version>(`${at(photo)}/versions`, body),
  change: (photo: number, version: number, body: { name?: string; edits?: Edit[] }) => post<Version>(`${at(photo)}/versions/${version}`, body, undefined, "PATCH"),
  delete: (photo: number, version: number) => send<{ changed: number }>(`${at(photo)}/versions/${version}`, { method: "DELETE" }),
  render: (photo: number, version: number) => post<Job>(`${at(photo)}/versions/${version}/render`, {}),
};

export const jobs = {
  list: async () => (await send<{ jobs: Job[] }>("/api/edit/jobs")).jobs,
  get: (id: string) => send<Job>(`/api/edit/jobs/${id}`),
  stop: (id: string) => post<Job>(`/api/edit/jobs/${id}/stop`, {}),
};

export const enlarge = (photo: number, body: { by: 2 | 4; method: "lanczos" | "network"; version: number | null }) => post<Job>(`${at(photo)}/enlarge`, body);

export const stack = (photos: number[]) => post<Job>("/api/stack", { photos, fill: true });

export const count = (photo: number, box?: Box) => send<Count>(`${at(photo)}/count${box ? `?box=${box.join()}` : ""}`);
