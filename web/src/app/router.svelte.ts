/** Addresses of the app: a page, and a photo that may be open above it. */

export type Name = "photos" | "search" | "albums" | "album" | "people" | "person" | "map" | "duplicates" | "activity" | "settings" | "workshop" | "missing";

export interface Route {
  name: Name;
  id: string;
  query: URLSearchParams;
  href: string;
}

function parse(url: URL): { page: Route | undefined; photo: number | undefined } {
  const [first = "", second = "", third] = url.pathname.split("/").filter(Boolean).map(decodeURIComponent);
  const route = (name: Name, id = ""): Route => ({ name, id, query: url.searchParams, href: url.pathname + url.search });
  if (first === "photo" && /^\d+$/.test(second)) return { page: undefined, photo: Number(second) };
  const plain: Record<string, Name> = {
    "": "photos", photos: "photos", search: "search", albums: "albums", people: "people", map: "map",
    duplicates: "duplicates", activity: "activity", settings: "settings", workshop: "workshop",
  };
  if (!second && plain[first]) return { page: route(plain[first]), photo: undefined };
  if (first === "albums" && second && !third) return { page: route("album", second), photo: undefined };
  if (first === "people" && second && !third) return { page: route("person", second), photo: undefined };
  return { page: route("missing"), photo: undefined };
}

class Router {
  page = $state.raw<Route>(parse(new URL("/", location.origin)).page as Route);
  photo = $state<number | undefined>(undefined);
  /** How many photos were opened above the page since it was shown: closing goes back as far. */
  private depth = 0;

  start(): void {
    this.follow(new URL(location.href));
    addEventListener("popstate", () => {
      this.depth = Number((history.state as { depth?: number } | null)?.depth ?? 0);
      this.follow(new URL(location.href));
    });
    addEventListener("click", (event) => this.click(event));
  }

  go(href: string, replace = false): void {
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
  }

  close(): void {
    if (this.depth > 0) history.back();
    else this.go(this.page.href, true);
  }

  private follow(url: URL): void {
    const { page, photo } = parse(url);
    this.photo = photo;
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
