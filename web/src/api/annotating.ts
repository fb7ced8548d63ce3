/** Labeling pictures for training: projects, their classes, pictures and what was drawn in them. */

import type { Rle } from "../editor/raster";
import { send } from "./client";
import { post, type Box, type Region } from "./editing";

export interface Class {
  id: number;
  name: string;
  color: string;
}
export interface Project {
  name: string;
  classes: Class[];
  images: number;
  done: number;
  annotators: string[];
}
export interface Picture {
  id: number;
  photo_id: number | null;
  name: string;
  width: number;
  height: number;
  items: number;
  done: boolean;
  thumb: string;
  preview: string;
}
export interface Item {
  id?: number;
  class_id: number;
  box: Box;
  mask: Rle | null;
  origin: "hand" | "suggested";
  score: number | null;
}
export interface Labels {
  image: Picture;
  annotator: string;
  done: boolean;
  items: Item[];
}
export interface Agreement {
  images: number;
  matched: number;
  only_first: number;
  only_second: number;
  other_class: number;
  mean_iou: number | null;
  kappa: number | null;
  alpha: number | null;
  classes: { class_id: number; name: string; f1: number | null; matched: number }[];
  disagreements: { image_id: number; kind: "only_first" | "only_second" | "other_class"; first: Item | null; second: Item | null }[];
}
export type Format = "coco" | "yolo" | "voc";

const at = (project: string): string => `/api/annotations/${encodeURIComponent(project)}`;
const query = (params: Record<string, string | number>): string => new URLSearchParams(Object.entries(params).map(([key, value]) => [key, String(value)])).toString();

export const projects = {
  list: async () => (await send<{ projects: Project[] }>("/api/annotations")).projects,
  make: (name: string, classes: string[]) => post<Project>("/api/annotations", { name, classes }),
  get: (project: string) => send<Project>(at(project)),
  classes: (project: string, classes: Partial<Class>[]) => post<Project>(at(project), { classes }, undefined, "PATCH"),
  delete: (project: string) => send<{ changed: number }>(at(project), { method: "DELETE" }),
  add: (project: string, photos: number[]) => post<{ changed: number }>(`${at(project)}/images`, { photos }),
  pictures: (project: string, annotator: string, state: "all" | "open" | "done" = "all", offset = 0, limit = 500) =>
    send<{ images: Picture[]; total: number }>(`${at(project)}/images?${query({ limit, offset, state, annotator })}`),
  agreement: (project: string, first: string, second: string) => send<Agreement>(`${at(project)}/agreement?${query({ first, second, iou: 0.5 })}`),
  /** Where the labels of an annotator are served as a file. */
  file: (project: string, format: Format, annotator: string) => `${at(project)}/file/${format}?${query({ annotator })}`,
  read: (project: string, format: Format, annotator: string, file: Blob) =>
    send<{ changed: number }>(`${at(project)}/file/${format}?${query({ annotator })}`, { method: "POST", body: file, headers: { "content-type": "application/octet-stream" } }),
};

export const labels = {
  get: (project: string, image: number, annotator: string) => send<Labels>(`${at(project)}/images/${image}/items?${query({ annotator })}`),
  put: (project: string, image: number, body: { annotator: string; done: boolean; items: Item[] }) =>
    post<Labels>(`${at(project)}/images/${image}/items`, body, undefined, "PUT"),
  suggest: (project: string, image: number, what: string[]) =>
    post<{ regions: (Region & { class_id: number | null })[] }>(`${at(project)}/images/${image}/suggest`, { what }),
};
