/** What the whole app knows about the library: who may read it, how much is in it, what it is doing. */

import * as api from "../api/library";
import { reason, whenLoginIsNeeded } from "../api/client";
import type { Activity, Session, StatusOut } from "../api/types";
import { notices } from "./notices.svelte";
import { count, number } from "./words";

class Library {
  session = $state.raw<Session | undefined>(undefined);
  status = $state.raw<StatusOut | undefined>(undefined);
  activity = $state.raw<Activity | undefined>(undefined);
  /** Why the library cannot be reached, in words. */
  failure = $state<string | undefined>(undefined);
  /** Grows when photos came or went: lists are read again. */
  revision = $state(0);
  private events: EventSource | undefined;
  /** When the lists were told to read themselves again, and what they knew then. */
  private spoken = 0;
  private shown = { photos: 0, pending: 0 };

  get locked(): boolean {
    return this.session !== undefined && !this.session.active;
  }

  get working(): boolean {
    return this.activity?.state === "running" || this.activity?.state === "stopping";
  }

  async start(): Promise<void> {
    whenLoginIsNeeded(() => {
      if (this.session) this.session = { ...this.session, required: true, active: false };
    });
    try {
      this.session = await api.session.get();
      this.failure = undefined;
      if (this.session.active) await this.enter();
    } catch (error) {
      this.failure = reason(error);
    }
  }

  /** After the door is open: read the status and follow the work. */
  async enter(): Promise<void> {
    await this.refresh();
    this.listen();
  }

  async refresh(): Promise<void> {
    this.status = await api.status();
    this.shown = { photos: this.status.photos, pending: this.status.pending };
  }

  async login(password: string): Promise<void> {
    this.session = await api.session.open(password);
    await this.enter();
  }

  async logout(): Promise<void> {
    this.events?.close();
    this.session = await api.session.close();
  }

  changed(): void {
    this.revision++;
    this.refresh().catch(() => undefined);
  }

  private listen(): void {
    this.events?.close();
    this.events = new EventSource("/api/activity/events");
    this.events.addEventListener("activity", (event: MessageEvent<string>) => this.heard(JSON.parse(event.data) as Activity));
    this.events.onopen = () => (this.failure = undefined);
    this.events.onerror = () => {
      if (!this.locked) this.failure = "The connection to Veduta was lost. Trying again…";
    };
  }

  private heard(activity: Activity): void {
    const before = this.activity;
    this.activity = activity;
    this.failure = undefined;
    const ended = before?.state === "running" && activity.state !== "running";
    // Photos that came in are shown soon; what was found in them, from time to time.
    const wait = activity.photos !== this.shown.photos ? (this.shown.photos === 0 ? 0 : 6000) : activity.pending !== this.shown.pending ? 15_000 : Infinity;
    if (ended || Date.now() - this.spoken > wait) {
      this.spoken = Date.now();
      this.shown = { photos: activity.photos, pending: activity.pending };
      this.changed();
    }
    if (ended) {
      notices.speak(activity.message ?? `Ready. ${count(activity.photos, "photo")} in the library.`);
    } else if (activity.state === "running" && before?.stage !== activity.stage) {
      notices.speak(progress(activity));
    }
  }
}

/** One line that says how far the work is. */
export function progress(activity: Activity): string {
  const stage = activity.stage ? activity.stage.charAt(0).toUpperCase() + activity.stage.slice(1) : "Working";
  if (activity.state === "idle") return "Everything is up to date";
  if (activity.state === "failed") return `The work stopped: ${activity.message ?? "no reason was given"}`;
  if (!activity.stage && activity.state === "running") return "Getting ready";
  if (activity.state === "stopping") return "Stopping after the photos at hand";
  return activity.total ? `${stage}: ${number(activity.done)} of ${number(activity.total)}` : `${stage}: ${number(activity.done)}`;
}

export const library = new Library();
