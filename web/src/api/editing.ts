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
  kind: "render" | "stack" | "enlarge" | "fuse" | "panorama" | "paint" | "clip";
  photo_id: number;
  version_id: number | null;
  state: "waiting" | "running" | "stopping" | "stopped" | "done" | "failed";
  stage: string | null;
  done: number;
  total: number | null;
  fraction: number | null;
  message: string | null;
  /** What came out, where that is no version. */
  file: string | null;
}
/** What two photos have in common. */
export interface Common {
  matches: number;
  verified: number;
  same: boolean;
  similarity: number;
  homography: number[][] | null;
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

/** Ask for bytes instead of JSON. */
async function drawn(url: string, body: unknown, signal: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { method: "POST", credentials: "same-origin", signal, headers: { "x-veduta": "1", "content-type": "application/json" }, body: JSON.stringify(body) });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Refusal("Veduta does not answer. Is it still running? Start it with “veduta up”.", 0);
  }
  if (!response.ok) {
    const told = (await response.json().catch(() => ({}))) as { detail?: string };
    throw new Refusal(told.detail ?? `the server answered ${response.status}`, response.status);
  }
  return response;
}

/** Have a picture drawn with edits; gives the address of its bytes, which the caller gives back. */
export async function preview(photo: number, edits: Edit[], side: number, version: number | null, signal: AbortSignal): Promise<Seen> {
  const response = await drawn(`${at(photo)}/preview`, { edits, side, format: "jpeg", version }, signal);
  const blob = await response.blob();
  return { url: URL.createObjectURL(blob), width: Number(response.headers.get("x-veduta-width")), height: Number(response.headers.get("x-veduta-height")) };
}

export const masks = {
  suggest: (photo: number, body: { what: string[]; edits: Edit[]; side: number; version: number | null }, signal?: AbortSignal) =>
    post<{ width: number; height: number; regions: Region[] }>(`${at(photo)}/masks/suggest`, body, signal),
  select: (photo: number, body: { edits: Edit[]; side: number; points: { x: number; y: number; include: boolean }[]; box: Box | null; mask: Rle | null; version: number | null; seam?: boolean }, signal?: AbortSignal) =>
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

export const fuse = (body: { photos: number[]; by: 1 | 2 | 3 | 4 }) => post<Job>("/api/fuse", body);
export const panorama = (photos: [number, number]) => post<Job>("/api/panorama", { photos });
export const common = (photo: number, other: number) => send<Common>(`${at(photo)}/match/${other}`);

/** How near things are in a photo, and what is made of that. */
export interface Parallax {
  ground: number;
  standing: Rle[];
  show: "clip" | "anaglyph" | "pair";
  path: "circle" | "sway" | "dolly";
  strength: number;
  seconds: number;
  side: number;
}
export const parallaxJob = (photo: number, body: Parallax) => post<Job>(`${at(photo)}/parallax/job`, body);

/** The clip or picture at once; gives the address of its bytes, which the caller gives back. */
export async function parallax(photo: number, body: Parallax, signal: AbortSignal): Promise<string> {
  return URL.createObjectURL(await (await drawn(`${at(photo)}/parallax`, body, signal)).blob());
}

export const paint = (photo: number, body: { painting: number; strength: number; colors: boolean; side: number }) => post<Job>(`${at(photo)}/paint`, body);

/** Bytes of text that a photo holds, in each way. */
export interface Room {
  lossless: number;
  robust: number;
}
export interface Message {
  kind: "text" | "file" | "picture";
  mode: "lossless" | "robust";
  bytes: number;
  text: string | null;
  name: string | null;
  data: string | null;
}
export const messages = {
  room: (photo: number, locked: boolean) => send<Room>(`${at(photo)}/message/room?locked=${locked}`),
  reveal: (photo: number, password: string | null, signal: AbortSignal) => post<Message>(`${at(photo)}/message/reveal`, { password }, signal),
  hide: async (photo: number, body: { text: string; mode: "lossless" | "robust"; password: string | null }, signal: AbortSignal) => {
    const answer = await drawn(`${at(photo)}/message`, body, signal);
    const name = /filename\*=UTF-8''([^;]+)/.exec(answer.headers.get("content-disposition") ?? "")?.[1];
    return { blob: await answer.blob(), name: name ? decodeURIComponent(name) : "message.png" };
  },
};

export const stack = (photos: number[]) => post<Job>("/api/stack", { photos, fill: true });

export const count = (photo: number, box?: Box) => send<Count>(`${at(photo)}/count${box ? `?box=${box.join()}` : ""}`);
