/** One typed way to talk to the server; every failure becomes a Refusal that says why. */

import type { paths } from "./schema";

export class Refusal extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
    this.name = "Refusal";
  }
}

type Method = "get" | "post" | "patch" | "delete";
type Paths<M extends Method> = { [P in keyof paths]: paths[P] extends Record<M, { responses: object }> ? P : never }[keyof paths];
type Operation<P extends keyof paths, M extends Method> = paths[P] extends Record<M, infer O> ? O : never;
type Part<O, K extends string> = O extends { parameters: { [k in K]?: infer T } } ? T : undefined;
type Body<O> = O extends { requestBody: { content: { "application/json": infer T } } } ? T : undefined;
type Json<R> = R extends { content: { "application/json": infer T } } ? T : never;
type Given<O> = O extends { responses: infer R } ? Json<R[keyof R & (200 | 201)]> : never;
export interface Asked<O> {
  path?: Part<O, "path">;
  query?: Part<O, "query">;
  body?: Body<O>;
}

/** What to do when the server asks for the password. */
let onLogin = (): void => {};
export const whenLoginIsNeeded = (act: () => void): void => {
  onLogin = act;
};

/** Send a request and give its JSON, or throw a Refusal with the server's own words. */
export async function send<T>(url: string, init: RequestInit = {}): Promise<T> {
  let response: Response;
  try {
    // The header is one that other sites cannot make a browser send.
    response = await fetch(url, { credentials: "same-origin", ...init, headers: { "x-veduta": "1", ...init.headers } });
  } catch {
    throw new Refusal("Veduta does not answer. Is it still running? Start it with “veduta up”.", 0);
  }
  const told: unknown = await response.json().catch(() => undefined);
  if (response.ok) return told as T;
  const { detail, errors } = (told ?? {}) as { detail?: unknown; errors?: unknown };
  const words = [typeof detail === "string" && detail ? detail : `the server answered ${response.status} ${response.statusText}`];
  if (Array.isArray(errors)) words.push(...errors.filter((error): error is string => typeof error === "string"));
  if (response.status === 401 && url !== "/api/session") onLogin();
  throw new Refusal(words.join(" · "), response.status);
}

/** Call one operation of the API, with the types that its description gives. */
export function call<M extends Method, P extends Paths<M>>(method: M, path: P, asked: Asked<Operation<P, M>> = {}): Promise<Given<Operation<P, M>>> {
  const parts = (asked.path ?? {}) as Record<string, string | number>;
  const url = (path as string).replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(parts[name])));
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries((asked.query ?? {}) as Record<string, unknown>)) {
    if (value !== undefined && value !== null) query.set(key, String(value));
  }
  const init: RequestInit = { method: method.toUpperCase() };
  if (asked.body !== undefined) Object.assign(init, { body: JSON.stringify(asked.body), headers: { "content-type": "application/json" } });
  return send(query.size > 0 ? `${url}?${query}` : url, init);
}

/** Any error in words fit to show. */
export function reason(error: unknown): string {
  if (error instanceof Error && error.message) return error.message;
  return String(error ?? "unknown reason");
}
