/** How far the cleaning of a bank is: asked again and again while a page looks at it. */

import { reason } from "../api/client";
import * as api from "../api/library";
import type { CleaningOut } from "../api/types";
import { notices } from "../app/notices.svelte";
import * as words from "../app/words";

const PAUSE_MS = 700;

class Cleaning {
  now = $state.raw<CleaningOut | undefined>(undefined);
  /** Grows when a cleaning ended: what was read of the bank is old. */
  ended = $state(0);
  private lookers = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  get running(): boolean {
    return this.now?.state === "running" || this.now?.state === "stopping";
  }

  /** Follow it as long as a page is open; gives what ends that. */
  follow(): () => void {
    this.lookers++;
    void this.look();
    return () => {
      this.lookers--;
      if (this.lookers === 0) clearTimeout(this.timer);
    };
  }

  async start(folder: string): Promise<void> {
    try {
      this.heard(await api.banks.clean(folder));
      notices.speak("Cleaning has begun");
    } catch (error) {
      notices.fail("The cleaning did not start", error);
    }
  }

  async stop(): Promise<void> {
    try {
      this.heard(await api.banks.stopCleaning());
    } catch (error) {
      notices.fail("The cleaning goes on", error);
    }
  }

  private async look(): Promise<void> {
    try {
      this.heard(await api.banks.cleaning());
    } catch (error) {
      if (this.running) notices.speak(reason(error));
      this.later();
    }
  }

  private heard(now: CleaningOut): void {
    const was = this.running;
    this.now = now;
    if (was && !this.running) {
      this.ended++;
      notices.speak(told(now));
    }
    this.later();
  }

  private later(): void {
    clearTimeout(this.timer);
    if (this.lookers > 0 && this.running) this.timer = setTimeout(() => void this.look(), PAUSE_MS);
  }
}

/** One line that says how far it is, or how it ended. */
export function told(now: CleaningOut): string {
  if (now.state === "stopping") return "Stopping after the photos at hand";
  if (now.state === "running") {
    const stage = now.stage ? words.title(now.stage) : "Getting ready";
    return now.total ? `${stage}: ${words.number(now.done)} of ${words.number(now.total)}` : stage;
  }
  if (now.state === "failed") return `The cleaning stopped: ${now.message ?? "no reason was given"}`;
  if (now.state === "stopped") return "Stopped. Nothing was changed, and the next cleaning goes on from there.";
  if (now.state === "done") {
    const look = now.suspicious > 0 ? ` ${words.count(now.suspicious, "landmark")} lost more than half of ${now.suspicious === 1 ? "its" : "their"} photos.` : "";
    return `Cleaned: ${words.count(now.judged, "photo")} judged, ${words.number(now.dropped)} dropped.${look}`;
  }
  return "";
}

export const cleaning = new Cleaning();
