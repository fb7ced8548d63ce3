/** Addresses of the app: a page, and a photo that may be open above it. */

export type Name = "photos" | "search" | "albums" | "album" | "people" | "person" | "map" | "duplicates" | "activity" | "settings" | "workshop" | "annotate" | "missing";

export interface Route {
  name: Name;
  id: string;
  query: URLSearchParams;
  href: string;
}

/** What is open above the page: a photo, and whether it is edited (one of its versions, maybe). */
interface Above {
  photo: number | undefined;
  editing: boolean;
  version: number | undefined;
}

/** A part of an address; one that is damaged stays as it is, and leads nowhere. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function parse(url: URL): { page: Route | undefined } & Above {
  const [first = "", second = "", third] = url.pathname.split("/").filter(Boolean).map(decoded);
  const route = (name: Name, id = ""): Route => ({ name, id, query: url.searchParams, href: url.pathname + url.search });
  const none: Above = { photo: undefined, editing: false, version: undefined };
  if (first === "photo" && /^\d+$/.test(second) && (!third || third === "edit")) {
    return { page: undefined, photo: Number(second), editing: third === "edit", version: Number(url.searchParams.get("version")) || undefined };
  }
  const plain: Record<string, Name> = {
    "": "photos", photos: "photos", search: "search", albums: "albums", people: "people", map: "map",
    duplicates: "duplicates", activity: "activity", settings: "settings", workshop: "workshop", annotate: "annotate",
  };
  if (!second && plain[first]) return { page: route(plain[first]), ...none };
  if (first === "albums" && second && !third) return { page: route("album", second), ...none };
  if (first === "people" && second && !third) return { page: route("person", second), ...none };
  if (first === "annotate" && second && !third) return { page: route("annotate", second), ...none };
  return { page: route("missing"), ...none };
}

class Router {
  page = $state.raw<Route>(parse(new URL("/", location.origin)).page as Route);
  photo = $state<number | undefined>(undefined);
  editing = $state(false);
  version = $state<number | undefined>(undefined);
  /** Asked before one leaves: true when something would be lost, and the question is put. */
  guard: ((leave: () => void) => boolean) | undefined;
  /** How many photos were opened above the page since it was shown: closing goes back as far. */
  private depth = 0;
  private address = "/";

  start(): void {
    this.follow(new URL(location.href));
    addEventListener("popstate", () => {
      const kept = this.address;
      if (this.guard?.(() => history.back())) {
        history.pushState({ depth: this.depth }, "", kept);
        return;
      }
      this.depth = Number((history.state as { depth?: number } | null)?.depth ?? 0);
      this.follow(new URL(location.href));
    });
    addEventListener("click", (event) => this.click(event));
  }

  go(href: string, replace = false): void {
    if (this.guard?.(() => this.go(href, replace))) return;
    const url = new URL(href, location.origin);
    if (replace) history.replaceState(history.state, "", url);
    else history.pushState({ depth: 0 }, "", url);
    if (!replace) this.depth = 0;
    this.follow(url);
  }

  /** Open a photo above the page; stepping to the next one replaces it, so Back leaves the viewer. */
  open(id: number): void {
    const url = new URL(`/photo/${id}`, location.origin);
    if (this.photo !== undefined) history.replaceState(history.state, "", url);
    else {
      this.depth = 1;
      history.pushState({ depth: 1 }, "", url);
    }
    this.photo = id;
    this.address = url.pathname + url.search;
  }

  /** Open the editor above the photo; Back leads to the photo. */
  edit(id: number, version?: number): void {
    const url = new URL(`/photo/${id}/edit${version ? `?version=${version}` : ""}`, location.origin);
    if (this.editing) history.replaceState(history.state, "", url);
    else {
      this.depth++;
      history.pushState({ depth: this.depth }, "", url);
    }
    this.follow(url);
  }

  close(): void {
    if (this.depth > 0) history.back();
    else this.go(this.editing ? `/photo/${this.photo}` : this.page.href, true);
  }

  private follow(url: URL): void {
    const { page, photo, editing, version } = parse(url);
    this.address = url.pathname + url.search;
    this.photo = photo;
    this.editing = editing;
    this.version = version;
    if (page) this.page = page;
  }

  private click(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest?.("a");
    if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
    if (link.pathname.startsWith("/api/") || link.getAttribute("href")?.startsWith("#")) return;
    event.preventDefault();
    this.go(link.pathname + link.search);
  }
}

export const router = new Router();
