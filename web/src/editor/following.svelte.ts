/** A long piece of work on the server, followed until it ends. */

import { reason } from "../api/client";
import { jobs, type Job } from "../api/editing";
import * as words from "../app/words";

const PAUSE_MS = 350;

export class Following {
  now = $state.raw<Job | undefined>(undefined);
  failure = $state("");
  private timer: ReturnType<typeof setTimeout> | undefined;
  private misses = 0;

  get going(): boolean {
    return this.now !== undefined && ["waiting", "running", "stopping"].includes(this.now.state);
  }

  follow(job: Job, ended: (job: Job) => void = () => {}): void {
    clearTimeout(this.timer);
    this.failure = "";
    this.misses = 0;
    this.now = job;
    if (this.going) this.timer = setTimeout(() => void this.look(job.id, ended), PAUSE_MS);
    else ended(job);
  }

  async stop(): Promise<void> {
    if (!this.now) return;
    try {
      this.now = await jobs.stop(this.now.id);
    } catch (error) {
      this.failure = reason(error);
    }
  }

  end(): void {
    clearTimeout(this.timer);
    this.now = undefined;
  }

  private async look(id: string, ended: (job: Job) => void): Promise<void> {
    try {
      const job = await jobs.get(id);
      if (this.now?.id !== id) return;
      this.misses = 0;
      this.now = job;
      if (!this.going) return ended(job);
    } catch (error) {
      // One lost answer is no end.
      if (++this.misses > 5) {
        this.failure = reason(error);
        return;
      }
    }
    if (this.now?.id === id) this.timer = setTimeout(() => void this.look(id, ended), PAUSE_MS);
  }
}

/** One line that says how far it is. */
export function told(job: Job, doing: string): string {
  if (job.state === "waiting") return `${doing}: waiting for its turn`;
  if (job.state === "stopping") return `${doing}: stopping`;
  if (job.state === "failed") return job.message ?? "The work failed without a reason.";
  if (job.state === "stopped") return `${doing}: stopped`;
  if (job.state === "done") return `${doing}: done`;
  const share = job.fraction != null ? `, ${Math.round(job.fraction * 100)} %` : "";
  return `${doing}${job.stage ? `: ${job.stage}` : ""}${share}${job.total && job.total > 1 ? ` (${words.number(job.done)} of ${words.number(job.total)})` : ""}`;
}
