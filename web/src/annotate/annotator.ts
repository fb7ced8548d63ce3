/** Who labels: a name that this browser keeps, so that two people can be compared. */

const KEY = "veduta.annotator";

export const annotator = (): string => localStorage.getItem(KEY) ?? "";
export const keepAnnotator = (name: string): void => localStorage.setItem(KEY, name);
export const projectAt = (project: string, image?: number): string => `/annotate/${encodeURIComponent(project)}${image === undefined ? "" : `?image=${image}`}`;
