/** What the app asks of a library, by name. */

import { call, send } from "./client";
import type { paths } from "./schema";
import type { SearchPage } from "./types";

type TimelineQuery = NonNullable<paths["/api/timeline"]["get"]["parameters"]["query"]>;
type PhotoChange = NonNullable<paths["/api/photos/{photo_id}"]["patch"]["requestBody"]>["content"]["application/json"];
type AlbumNew = paths["/api/albums"]["post"]["requestBody"]["content"]["application/json"];
type SettingsChange = paths["/api/settings"]["patch"]["requestBody"]["content"]["application/json"];
export type Chosen = TimelineQuery;

const photo = (photo_id: number) => ({ path: { photo_id } });
const person = (person_id: number) => ({ path: { person_id } });
const album = (album_id: string) => ({ path: { album_id } });

export const session = {
  get: () => call("get", "/api/session"),
  open: (password: string) => call("post", "/api/session", { body: { password } }),
  close: () => call("delete", "/api/session"),
};

export const status = () => call("get", "/api/status");

export const photos = {
  timeline: (query: Chosen = {}) => call("get", "/api/timeline", { query }),
  page: (offset: number, limit: number, query: Chosen = {}) =>
    call("get", "/api/photos", { query: { ...query, offset, limit } }),
  get: (id: number) => call("get", "/api/photos/{photo_id}", photo(id)),
  findings: (id: number) => call("get", "/api/photos/{photo_id}/findings", photo(id)),
  /** Where the picture is served that shows what spoke for a finding. */
  activation: (id: number, finding: number) => `/api/photos/${id}/findings/${finding}/activation`,
  similar: (id: number, limit = 24) =>
    call("get", "/api/photos/{photo_id}/similar", { path: { photo_id: id }, query: { limit } }),
  neighbors: (id: number) => call("get", "/api/photos/{photo_id}/neighbors", photo(id)),
  change: (id: number, body: PhotoChange) => call("patch", "/api/photos/{photo_id}", { ...photo(id), body }),
  changeAll: (ids: number[], change: PhotoChange) => call("patch", "/api/photos", { body: { ids, change } }),
  memories: () => call("get", "/api/memories"),
  duplicates: (offset = 0, limit = 30) => call("get", "/api/duplicates", { query: { offset, limit } }),
};

export const search = {
  run: (q: string, offset = 0, limit = 160) => call("get", "/api/search", { query: { q, offset, limit } }),
  suggest: (q: string) => call("get", "/api/search/suggest", { query: { q, limit: 9 } }),
  /** Photos that look like a picture which is sent as it is. */
  picture: (file: Blob) =>
    send<Pick<SearchPage, "hits" | "total">>("/api/search/picture?limit=60", { method: "POST", body: file, headers: { "content-type": "application/octet-stream" } }),
};

export const albums = {
  list: () => call("get", "/api/albums"),
  get: (id: string) => call("get", "/api/albums/{album_id}", album(id)),
  make: (body: AlbumNew) => call("post", "/api/albums", { body }),
  change: (id: string, body: { name?: string; query?: string }) => call("patch", "/api/albums/{album_id}", { ...album(id), body }),
  delete: (id: string) => call("delete", "/api/albums/{album_id}", album(id)),
  add: (id: string, ids: number[]) => call("post", "/api/albums/{album_id}/photos", { ...album(id), body: { ids } }),
  remove: (id: string, ids: number[]) => call("delete", "/api/albums/{album_id}/photos", { ...album(id), body: { ids } }),
};

export const people = {
  list: (hidden = false) => call("get", "/api/people", { query: { hidden } }),
  get: (id: number) => call("get", "/api/people/{person_id}", person(id)),
  change: (id: number, body: { name?: string | null; hidden?: boolean }) => call("patch", "/api/people/{person_id}", { ...person(id), body }),
  forget: (id: number) => call("delete", "/api/people/{person_id}", person(id)),
  merge: (into: number, ids: number[]) => call("post", "/api/people/merge", { body: { into, ids } }),
  split: (id: number, faces: number[]) => call("post", "/api/people/{person_id}/split", { ...person(id), body: { faces } }),
  faces: (id: number, offset = 0, limit = 300) =>
    call("get", "/api/people/{person_id}/faces", { path: { person_id: id }, query: { offset, limit } }),
  reject: (face_id: number) => call("post", "/api/faces/{face_id}/not-this-person", { path: { face_id } }),
  assign: (face_id: number, body: { person_id?: number; name?: string }) =>
    call("post", "/api/faces/{face_id}/assign", { path: { face_id }, body }),
};

export const map = {
  view: (query: { west: number; south: number; east: number; north: number; zoom: number }) => call("get", "/api/map", { query }),
  places: () => call("get", "/api/places"),
};

export const work = {
  activity: () => call("get", "/api/activity"),
  scan: () => call("post", "/api/activity/scan"),
  cancel: () => call("post", "/api/activity/cancel"),
  retry: (what: { all?: boolean; ids?: number[] }) => call("post", "/api/activity/retry", { body: { all: false, ids: [], ...what } }),
  problems: (offset = 0, limit = 200) => call("get", "/api/problems", { query: { offset, limit } }),
};

export const folders = {
  list: () => call("get", "/api/folders"),
  add: (path: string, watch = false) => call("post", "/api/folders", { body: { path, watch, excludes: [] } }),
  choices: (path: string) => call("get", "/api/folders/choices", { query: { path } }),
  change: (folder_id: number, body: { watch?: boolean; excludes?: string[] }) =>
    call("patch", "/api/folders/{folder_id}", { path: { folder_id }, body }),
  remove: (folder_id: number) => call("delete", "/api/folders/{folder_id}", { path: { folder_id } }),
};

export const machine = {
  settings: () => call("get", "/api/settings"),
  change: (body: SettingsChange) => call("patch", "/api/settings", { body }),
  recognizers: () => call("get", "/api/recognizers"),
  models: () => call("get", "/api/models"),
};

/** Banks of landmark photos, each named by its folder. */
export const banks = {
  get: (folder: string) => call("get", "/api/bank", { query: { folder } }),
  landmarks: (folder: string, name = "", offset = 0, limit = 100) => call("get", "/api/bank/landmarks", { query: { folder, name, offset, limit } }),
  landmark: (folder: string, landmark: string) => call("get", "/api/bank/landmark", { query: { folder, landmark } }),
  photos: (folder: string, landmark: string, side: "kept" | "dropped", offset = 0, limit = 60) =>
    call("get", "/api/bank/photos", { query: { folder, landmark, side, offset, limit } }),
  give: (folder: string, landmark: string, photos: number[]) => call("post", "/api/bank/references", { body: { folder, landmark, photos } }),
  putBack: (folder: string, photos: number[]) => call("post", "/api/bank/put-back", { body: { folder, photos } }),
  cleaning: () => call("get", "/api/bank/cleaning"),
  clean: (folder: string) => call("post", "/api/bank/cleaning", { body: { folder } }),
  stopCleaning: () => call("post", "/api/bank/cleaning/stop"),
};

type ExportWish = paths["/api/export"]["post"]["requestBody"]["content"]["application/json"];

/** Have photos packed into one file, and let the browser save it. */
export async function exportPhotos(what: Partial<ExportWish>): Promise<void> {
  const ready = await call("post", "/api/export", { body: { photos: [], location: true, style: "pixelate", ...what } });
  const link = document.createElement("a");
  link.href = ready.url;
  link.download = "";
  link.click();
}
