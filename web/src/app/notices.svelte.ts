/** Short messages: shown for a moment at the bottom, and read out by screen readers. */

import { reason } from "../api/client";

export interface Notice {
  id: number;
  text: string;
  bad: boolean;
  undo?: (() => void) | undefined;
  /** What its button is called. */
  act: string;
}

class Notices {
  list = $state<Notice[]>([]);
  /** Spoken only. */
  spoken = $state("");
  private next = 1;

  say(text: string, undo?: () => void, act = "Undo"): void {
    this.show({ id: this.next++, text, bad: false, undo, act });
  }

  /** Tell what failed and why. */
  fail(what: string, error: unknown): void {
    this.show({ id: this.next++, text: `${what}: ${reason(error)}`, bad: true, act: "" });
  }

  speak(text: string): void {
    this.spoken = text;
  }

  drop(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }

  private show(notice: Notice): void {
    this.list = [...this.list.slice(-2), notice];
    setTimeout(() => this.drop(notice.id), notice.bad || notice.act !== "Undo" ? 12000 : 5000);
  }
}

export const notices = new Notices();
